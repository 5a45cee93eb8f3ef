"""From which sales into a state a seller without presence there must collect its tax."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from addons.tax_us.forms import NEXUS
from addons.tax_us.forms import REGIME
from addons.tax_us.states import states
from core.api import EITHER_YEAR
from core.api import ROLLING_YEAR
from core.api import TaxDecision
from core.api import Threshold
from core.api import limit_table

# These look at the last twelve months or four quarters, the others at this or the last year.
ROLLING = frozenset({"CT", "IL", "MN", "MS", "NY", "TN", "TX", "VT"})


def thresholds() -> Sequence[Threshold]:
    """Return the economic nexus of every state that has one."""
    limits = limit_table("addons.tax_us")
    return [
        Threshold(
            f"us_{code.lower()}_nexus",
            f"Economic nexus in {state.name}",
            f"US-{code}",
            limits.history(f"US-{code}", NEXUS),
            _sold_into(f"US-{code}"),
            ROLLING_YEAR if code in ROLLING else EITHER_YEAR,
            (NEXUS, "local"),
        )
        for code, state in sorted(states().items())
        if limits.history(f"US-{code}", NEXUS)
    ]


def _sold_into(place: str) -> Callable[[TaxDecision], bool]:
    """Select all sales into a state: most states count those of marketplaces too."""
    return lambda each: (each.regime, each.jurisdiction, each.role) == (REGIME, place, "sale")
