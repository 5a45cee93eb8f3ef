"""The jobs of rates."""

from __future__ import annotations

from core.errors import Unavailable
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.rates.refreshing import refresh_rates


@task("rates.refresh", every="6h", lock="rates.refresh", timeout="10m", max_attempts=3)
def refresh(context: JobContext) -> dict[str, int]:
    """Fetch what sources have published since; what waited for it is booked."""
    done = refresh_rates(context.kernel)
    if failed := [each for each in done if each.problem]:
        raise Unavailable(f"{failed[0].source}: {failed[0].problem}")
    return {each.source: each.new for each in done}
