"""Fetching what sources publish: over the network first, then into the books' tables at once.

What was fetched is checked as a whole before any of it is kept; a file that cannot be trusted
changes nothing, and says so on the page of rates, at the start page and in `/health`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from fractions import Fraction

from sqlalchemy.orm import Session

from core import clock
from core.channels.calling import as_addon
from core.errors import EntrepotError
from core.errors import InputError
from core.errors import Unresolved
from core.http.client import HttpClient
from core.kernel import hooks
from core.kernel.kernel import Kernel
from core.rates.feeds import note_success
from core.rates.feeds import note_trouble
from core.rates.keeping import Points
from core.rates.keeping import keep
from core.rates.keeping import kept_points
from core.rates.keeping import last_kept
from core.rates.rate import check_value
from core.rates.source import Fetched
from core.rates.source import RateFeed

FARTHEST = 2
"""A rate may be at most so many times the one before it: more is a slip of who published it."""

NEAR = timedelta(days=14)
"""How far apart two rates may lie to be compared."""

_CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What became of a source: how many rates are new, or why none could be fetched."""

    source: str
    new: int
    problem: str


def refresh_rates(kernel: Kernel) -> list[Refreshed]:
    """Fetch what every source has published since; one that fails does not hinder the others."""
    feeds = [
        (addon, source)
        for addon, source in hooks.collect(kernel, "rate_sources")
        if callable(getattr(source, "fetch", None))
    ]
    return [_refresh(kernel, addon, source) for addon, source in feeds]


def _refresh(kernel: Kernel, addon: str, source: RateFeed) -> Refreshed:
    today = clock.now().date()
    try:
        with kernel.db.read() as session:
            since = last_kept(session, source.name)
        fetched = _fetch(kernel, addon, source, since, today)
        with kernel.db.write() as session:
            known = _known(session, addon, source, checked(source, fetched, today))
            new, doubts = sift(known, fetched)
            keep(session, source, new)
            last = max(each.day for each in fetched)
            problem = " ".join([*doubts, *_age(source, last, today)])
            note_success(session, source.name, addon, last, problem)
    except EntrepotError as error:
        with kernel.db.write() as session:
            note_trouble(session, source.name, addon, str(error))
        return Refreshed(source.name, 0, str(error))
    return Refreshed(source.name, len(new), problem)


def _fetch(
    kernel: Kernel, addon: str, source: RateFeed, since: date | None, today: date
) -> list[Fetched]:
    hint = "The rates that are kept still hold; `entrepot addons faults` says more."
    with (
        HttpClient(kernel, addon, None, base_url=source.address) as http,
        as_addon(kernel, addon, "rates:fetch", hint),
    ):
        return [Fetched(*each) for each in source.fetch(http, since, today)]


def checked(source: RateFeed, fetched: Sequence[Fetched], today: date) -> Sequence[Fetched]:
    """Return rates that can be kept as they stand.

    Raises: InputError naming the first that cannot be.
    """
    where = source.name
    if not fetched:
        raise InputError("It told no rate at all.", where=where)
    seen = set()
    for each in fetched:
        if not isinstance(each.quote, str) or not _CURRENCY.fullmatch(each.quote):
            raise InputError(f"{each.quote!r:.20} is no currency.", where=where)
        if type(each.day) is not date or each.day > today + timedelta(days=1):
            raise InputError(f"{each.quote} of {each.day!s:.20} is not of a day gone.", where=where)
        if not isinstance(each.value, str):
            raise InputError(f"{each.quote} of {each.day} is no text.", where=where)
        check_value(each.value, where=where)
        seen.add((each.quote, each.day))
    if len(seen) < len(fetched):
        raise InputError("It tells a rate twice.", where=where)
    return fetched


def _known(
    session: Session, addon: str, source: RateFeed, fetched: Sequence[Fetched]
) -> dict[str, Points]:
    """Return by currency what a source carries and what is kept of it, around what was fetched.

    Raises: Unresolved if the source fails to tell.
    """
    first, last = min(each.day for each in fetched) - NEAR, max(each.day for each in fetched)
    wanted = sorted({each.quote for each in fetched})
    carried = hooks.ask(
        session,
        addon,
        "rate_sources",
        lambda: {code: dict(source.points(code, first, last)) for code in wanted},
    )
    if carried is None:
        raise Unresolved(f"{addon} failed to tell its rates: see its faults.")
    kept = kept_points(session, [source], wanted, last, first)
    return {code: carried[code] | kept.get((source.name, code), {}) for code in wanted}


def sift(
    known: dict[str, Points], fetched: Sequence[Fetched]
) -> tuple[Sequence[Fetched], Sequence[str]]:
    """Return what is not known yet, or otherwise, and what is left out: rates that jump.

    A currency that jumps waits for a person, the others do not wait for it.
    """
    new: list[Fetched] = []
    doubts: dict[str, str] = {}
    for each in sorted(fetched, key=lambda each: each.day):
        points = known[each.quote]
        if points.get(each.day) == each.value or each.quote in doubts:
            continue
        before = [day for day in points if timedelta(0) < each.day - day <= NEAR]
        if before and _is_far(points[max(before)], each.value):
            doubts[each.quote] = (
                f"{each.quote} jumps from {points[max(before)]} to {each.value} on {each.day}:"
                " it is left out; say the rate yourself if it is true."
            )
            continue
        points[each.day] = each.value
        new.append(each)
    return new, list(doubts.values())


def _is_far(before: str, value: str) -> bool:
    first, second = Fraction(before), Fraction(value)
    return max(first, second) > FARTHEST * min(first, second)


def _age(source: RateFeed, last: date, today: date) -> list[str]:
    if (today - last).days <= source.days:
        return []
    return [f"Nothing was published since {last}: what happens later waits for its rate."]
