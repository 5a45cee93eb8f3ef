"""Rule 31: at the end of a month what is owed in foreign currency is shown at that day's rate.

The difference stands on 1299 against 9010 and goes back on the next day, so that items themselves
keep what they carry. Goods, deposits of customers and to suppliers, and taxes owed to authorities,
whose returns have rates of their own, are not revalued. Source: DOMAIN §2.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.identity.deeds import say
from core.ids import id_stream
from core.kernel.models import Company
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.ledger.periods import last_day
from core.rates.finding import rates_to
from core.rates.rate import Rate

ALLOWANCE, UNREALISED = "1299", "9010"
MONETARY = (
    "1000", "1010", "1050", "1060", "1100", "1210", "1220", "1225", "1230", "1235", "1240", "1245",
    "2100", "2110", "2120", "2130", "2150", "2160", "2200", "2310", "2340",
)  # fmt: skip
KIND = "fx_revaluation"


@dataclass(frozen=True, slots=True)
class Revalued:
    """What a currency's monetary items carried, and what they are worth; in minor units.

    `amount` is in the currency itself, the others in the company's.
    """

    currency: str
    amount: int
    carried: int
    worth: int
    rate: str


def revalue(session: Session, company_id: int, month: date) -> Sequence[Revalued]:
    """Book what a month's last day makes of foreign items, and take it back on the next day.

    Run again it books only what came since. Raises: Unresolved without a rate, Conflict if the
    month is closed.
    """
    company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
    found = _open_in(session, company, last_day(month))
    booked, number = _booked(session, company_id, month)
    changed = _changes(found, booked)
    if changed:
        _book(session, company, month, number, changed, {e.currency: e.rate for e in found})
        say(
            session, company_id, "rates.revalued", f"period:{month:%Y-%m}",
            after={currency: str(amount) for currency, amount in changed.items()},
        )  # fmt: skip
    return found


def due(session: Session, company_id: int, month: date) -> dict[str, int]:
    """Return what revaluing a month would book, by currency; nothing once it is done.

    Raises: Unresolved without a rate.
    """
    company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
    found = _open_in(session, company, last_day(month))
    return _changes(found, _booked(session, company_id, month)[0])


def _changes(found: Sequence[Revalued], booked: Mapping[str, int]) -> dict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for each in found:
        sums[each.currency] += each.worth - each.carried
    # What a currency was revalued by that is owed no more goes back too.
    for currency, amount in booked.items():
        sums[currency] -= amount
    return {currency: amount for currency, amount in sorted(sums.items()) if amount}


def _open_in(session: Session, company: Company, day: date) -> list[Revalued]:
    query = (
        sa.select(
            Posting.currency,
            Posting.account_id,
            sa.cast(sa.func.sum(Posting.currency_amount), sa.BigInteger).label("own"),
            sa.cast(sa.func.sum(Posting.amount), sa.BigInteger).label("carried"),
        )
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .where(
            Posting.company_id == company.id,
            Posting.booked_on <= day,
            Posting.currency != company.currency,
            Account.code.in_(MONETARY),
        )
        .group_by(Posting.currency, Posting.account_id)
        .order_by(Posting.currency, Posting.account_id)
    )
    rows = [row for row in rows_of(session, query) if row.own or row.carried]
    wanted = {(row.currency, day) for row in rows}
    rates = rates_to(session, company.id, company.currency, wanted)
    known: dict[str, Rate] = {c: rates.require(c, day) for c in sorted({r.currency for r in rows})}
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        worth = known[row.currency].convert(row.own)
        for place, value in enumerate((row.own, row.carried, worth)):
            sums[row.currency][place] += value
    return [
        Revalued(code, own, carried, worth, known[code].told)
        for code, (own, carried, worth) in sums.items()
    ]


def _booked(session: Session, company_id: int, month: date) -> tuple[dict[str, int], int]:
    """Return what a month was revalued by before, by currency, and how often."""
    query = (
        sa.select(Entry.natural_key, Posting.amount)
        .join(Posting, (Posting.company_id == Entry.company_id) & (Posting.entry_id == Entry.id))
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .where(
            Entry.company_id == company_id,
            Entry.kind == KIND,
            Entry.natural_key.like(f"revaluation:{month:%Y-%m}/%"),
            Posting.booked_on == last_day(month),
            Account.code == ALLOWANCE,
        )
    )
    sums: defaultdict[str, int] = defaultdict(int)
    numbers = [0]
    for key, amount in rows_of(session, query):
        _, currency, number = key.split("/")
        sums[currency] += amount
        numbers.append(int(number))
    return dict(sums), max(numbers) + 1


def _book(
    session: Session,
    company: Company,
    month: date,
    number: int,
    changed: dict[str, int],
    rates: dict[str, str],
) -> None:
    journal, ids = Journal(session, company.id, company.currency), id_stream(session)
    day = last_day(month)
    for currency, amount in changed.items():
        key = f"revaluation:{month:%Y-%m}/{currency}/{number}"
        said = f"Revaluation of {currency} at the end of {month:%Y-%m}"
        first = journal.entry(next(ids), key, KIND, day, narration=said)
        back = journal.entry(
            next(ids), f"{key}/reversal", f"{KIND}_reversal", day + timedelta(days=1),
            narration=f"{said}, taken back",
        )  # fmt: skip
        first.rate, back.reverses_id = rates.get(currency), first.id
        for entry, value in ((first, amount), (back, -amount)):
            entry.add(ALLOWANCE, value, Dimensions(), tag="revaluation")
            entry.add(UNREALISED, -value, Dimensions(), tag="revaluation")
    journal.post()
