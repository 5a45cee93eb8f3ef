"""Rule 19: money is converted, or withdrawn, and only now a gain or loss of exchange is real.

What leaves a wallet goes at what it carries in the books. The provider's fee is the share of it
that never arrived; the rest of the difference to what came in is realised. How much the provider's
rate was off the market's of that day is told beside it, since no statement shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.banking.models import BankProfile
from core.errors import Conflict
from core.errors import InputError
from core.identity.deeds import say
from core.ids import id_stream
from core.kernel.models import Company
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.ledger.models import Entry
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.money import share_of
from core.rates.finding import rates_to

EXCHANGE, PAYOUT_FEE = "9000", "9020"


@dataclass(frozen=True, slots=True)
class Conversion:
    """Money on its way from one bank or wallet to another; amounts in minor units.

    `sent` is in the currency of where it comes from, the fee included; `received` in the other's.
    """

    reference: str
    sent: int
    fee: int
    received: int
    on: date


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion came to, in the company's currency: costs are positive.

    `off_market` is what the rate cost against the market's, none where no rate is known.
    """

    carried: int
    fee: int
    difference: int
    off_market: int | None


def convert_money(
    session: Session, source: BankProfile, target: BankProfile, told: Conversion
) -> Converted:
    """Book a conversion or withdrawal.

    Raises: InputError for amounts that cannot be, Conflict for one that is booked already,
    Unresolved without a rate where it needs one.
    """
    _check(source, target, told)
    company = session.scalars(sa.select(Company).where(Company.id == source.company_id)).one()
    key = f"conversion:{source.name}/{told.reference}"
    taken = sa.exists().where(Entry.company_id == company.id, Entry.natural_key == key)
    if session.scalar(sa.select(taken)):
        raise Conflict(f"{told.reference} of {source.name} is booked already.")
    journal, ids = Journal(session, company.id, company.currency), id_stream(session)
    wanted = {(source.currency, told.on), (target.currency, told.on)}
    rates = rates_to(session, company.id, company.currency, wanted)
    money = Purses(session, journal)
    carried, beyond = money.carried(source, -told.sent)
    if beyond:
        carried += rates.require(source.currency, told.on).convert(beyond)
    fee = share_of(-carried, told.fee, told.sent)
    arrived = rates.require(target.currency, told.on).convert(told.received)
    entry = journal.entry(
        next(ids), key, "fx_conversion", open_day(told.on, closed_months(session, company.id)),
        narration=f"{told.reference}: from {source.name} to {target.name}", happened_on=told.on,
    )  # fmt: skip
    market = rates.find(source.currency, told.on)
    entry.rate = market.note if market is not None else None
    money.move(entry, source, next(ids), -told.sent, carried, "conversion")
    money.move(entry, target, next(ids), told.received, arrived, "conversion")
    difference = -carried - fee - arrived
    entry.add(PAYOUT_FEE, fee, Dimensions())
    entry.add(EXCHANGE, difference, Dimensions(), tag="conversion")
    journal.post()
    say(session, company.id, "bank.converted", f"bank:{source.name}", after={"entry": key})
    off = market.convert(told.sent - told.fee) - arrived if market is not None else None
    return Converted(-carried, fee, difference, off)


def _check(source: BankProfile, target: BankProfile, told: Conversion) -> None:
    if source.id == target.id:
        raise InputError("money goes from one bank or wallet to another.", where="to")
    if not told.reference.strip():
        raise InputError("give the conversion a reference.", where="reference")
    if told.sent <= 0 or told.received <= 0 or not 0 <= told.fee < told.sent:
        raise InputError(
            "what was sent and received must be above zero, and the fee less than what was sent.",
            where="amounts",
        )


class Purses:
    """What banks and wallets in foreign currency hold, each as one open item of its account."""

    def __init__(self, session: Session, journal: Journal) -> None:
        self.session, self.journal = session, journal

    def carried(self, purse: BankProfile, amount: int) -> tuple[int, int]:
        """Return what an amount that leaves carries in the books, and what is beyond it."""
        if purse.currency == self.journal.currency:
            return amount, 0
        self.journal.know_items(purse.account, [_key(purse)], locked=True)
        return self.journal.carried(purse.account, _key(purse), amount)

    def move(
        self, entry: EntryDraft, purse: BankProfile, new_id: int, amount: int, value: int, tag: str
    ) -> None:
        """Add what comes in, or leaves, to an entry; `value` is what it is worth in the books."""
        if purse.currency == self.journal.currency:
            entry.add(purse.account, value, Dimensions(), tag=tag)
            return
        self.journal.know_items(purse.account, [_key(purse)], locked=True)
        original = Original(purse.currency, amount)
        item = self.journal.owe(purse.account, _key(purse), new_id, value, None, original=original)
        entry.add(purse.account, value, Dimensions(), tag=tag, item_id=item, original=original)


def _key(purse: BankProfile) -> str:
    return f"bank/{purse.name}/{purse.currency}"
