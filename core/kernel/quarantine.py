"""Take an addon out of service that fails too often, as if somebody had disabled it.

Every process counts the calls and the failures of its own. An addon that decides taxes is never
taken out: without its answer sales wait, and nobody would notice that it is gone.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections import deque
from collections.abc import Callable
from time import monotonic

from sqlalchemy import update
from sqlalchemy.orm import Session

from core import clock
from core.kernel import states
from core.kernel.faults import IMPORT
from core.kernel.faults import MIGRATION
from core.kernel.models import Addon

log = logging.getLogger(__name__)

MINUTES = 5
FAULTS = 20
SHARE = 0.35

# What an addon left behind there is unknown.
ONE_IS_ENOUGH = (IMPORT, MIGRATION)


class Tally:
    """Calls and failures of addons in the last minutes, counted without a lock.

    Two threads may lose a count between them; a limit of twenty does not hang on one.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._minute = -1
        self._calls: deque[Counter[str]] = deque([Counter()], maxlen=MINUTES)
        self._faults: deque[Counter[str]] = deque([Counter()], maxlen=MINUTES)

    def called(self, *addons: str) -> None:
        """Count a call of each of these addons."""
        if self._now() // 60 != self._minute:
            self._turn()
        calls = self._calls[-1]
        for addon in addons:
            calls[addon] += 1

    def failed(self, addon: str) -> None:
        """Count a failure of an addon."""
        if self._now() // 60 != self._minute:
            self._turn()
        self._faults[-1][addon] += 1

    def forget(self, addon: str) -> None:
        """Begin anew with an addon."""
        for minute in (*self._calls, *self._faults):
            minute.pop(addon, None)

    def verdict(self, addon: str) -> str | None:
        """Return why an addon is to be taken out of service, or None."""
        calls = sum(minute[addon] for minute in self._calls)
        failures = sum(minute[addon] for minute in self._faults)
        if failures < FAULTS or failures < SHARE * calls:
            return None
        return f"{failures} of {max(calls, failures)} calls within {MINUTES} minutes failed."

    def _turn(self) -> None:
        """Begin the counts of another minute and drop those of the oldest ones."""
        minute = int(self._now() // 60)
        for _ in range(min(MINUTES, minute - self._minute)):
            self._calls.append(Counter())
            self._faults.append(Counter())
        self._minute = minute


def reason_for(tally: Tally, addon: str, place: str) -> str | None:
    """Return why an addon that failed at a place is to be taken out of service, or None."""
    if place in ONE_IS_ENOUGH:
        return f"Its {place} failed; its faults say why."
    return tally.verdict(addon)


def quarantine(session: Session, addon: str, reason: str) -> None:
    """Put an enabled addon into quarantine, in every process with the commit."""
    changed = session.execute(
        update(Addon)
        .where(Addon.name == addon, Addon.state == states.ENABLED)
        .values(state=states.QUARANTINED, reason=reason, changed_at=clock.now(), changed_by="")
        .returning(Addon.name)
    ).all()
    if changed:
        log.error("%s is quarantined: %s", addon, reason)
        states.bump(session)
