"""Rule 33: tax that was owed to an authority is paid, less what it gives back, or comes back.

What is paid off carries what it was booked at: the share of the account's balance in that currency.
What the bank takes more or less than that is a gain or loss of exchange. Source: DOMAIN §2.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.banking.converting import Purses
from core.banking.models import BankProfile
from core.errors import Conflict
from core.errors import InputError
from core.identity.deeds import say
from core.ids import id_stream
from core.kernel.companies import company_of
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.money import share_of
from core.rates.finding import rates_to

EXCHANGE = "9000"
OWED = ("2300", "2320", "2330", "2340", "2350", "2360", "2370")
RECLAIMED = ("1500", "1510", "1520")


@dataclass(frozen=True, slots=True)
class Remittance:
    """What a return asks for: by account what is paid off, a credit taken is positive too.

    Accounts of what is owed are paid off, those of what is reclaimed are used up; amounts are
    positive minor units of the bank's currency.
    """

    reference: str
    on: date
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Remitted:
    """What left the bank, or came to it below zero, in its currency; `difference` is a loss."""

    paid: int
    difference: int


def remit_tax(session: Session, bank: BankProfile, told: Remittance) -> Remitted:
    """Book that a tax was paid, or came back, by a bank.

    Raises: InputError for amounts that cannot be or are more than stands on an account in the
    bank's currency, Conflict for a payment that is booked already, Unresolved without a rate.
    """
    _check(told)
    company = company_of(session, bank.company_id)
    key = f"tax_payment:{told.reference}"
    taken = sa.exists().where(Entry.company_id == company.id, Entry.natural_key == key)
    if session.scalar(sa.select(taken)):
        raise Conflict(f"{told.reference} is booked already.", hint="Each payment has a reference.")
    journal, ids = Journal(session, company.id, company.currency), id_stream(session)
    day = open_day(told.on, closed_months(session, company.id))
    entry = journal.entry(
        next(ids), key, "tax_payment", day,
        happened_on=told.on, narration=f"Tax, {told.reference}",
    )  # fmt: skip
    is_ours = bank.currency == company.currency
    tag = "actual" if is_ours else "conversion"
    total = carried = 0
    for account, amount in told.amounts.items():
        signed = amount if account in OWED else -amount
        value = _carried(session, company.id, account, bank.currency, signed)
        original = None if is_ours else Original(bank.currency, signed)
        entry.add(account, value, Dimensions(), tag=tag, original=original)
        total, carried = total + signed, carried + value
    money = Purses(session, journal)
    left, beyond = money.carried(bank, -total)
    if beyond and not is_ours:
        rates = rates_to(session, company.id, company.currency, [(bank.currency, told.on)])
        rate = rates.require(bank.currency, told.on)
        left, entry.rate = left + rate.convert(beyond), rate.note
    money.move(entry, bank, next(ids), -total, left, tag)
    difference = -left - carried
    entry.add(EXCHANGE, difference, Dimensions(), tag="conversion")
    journal.post()
    after: dict[str, object] = {"paid": total, "currency": bank.currency, **told.amounts}
    say(session, company.id, "tax.paid", f"tax payment {told.reference}", after=after)
    return Remitted(total, difference)


def _check(told: Remittance) -> None:
    if not told.reference.strip():
        raise InputError("give the payment a reference.", where="reference")
    if not told.amounts or min(told.amounts.values()) <= 0:
        raise InputError("say for each account an amount above zero.", where="amounts")
    if wrong := sorted(told.amounts.keys() - {*OWED, *RECLAIMED}):
        raise InputError(
            f"{wrong[0]} is no account of a tax.",
            where="amounts",
            hint=f"Owed: {', '.join(OWED)}; reclaimed: {', '.join(RECLAIMED)}.",
        )


def _carried(session: Session, company_id: int, code: str, currency: str, amount: int) -> int:
    """Return what an amount that clears an account carries: its share of what stands there."""
    query = (
        sa.select(
            sa.cast(sa.func.coalesce(sa.func.sum(Posting.currency_amount), 0), sa.BigInteger),
            sa.cast(sa.func.coalesce(sa.func.sum(Posting.amount), 0), sa.BigInteger),
        )
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .where(
            Posting.company_id == company_id,
            Account.code == code,
            Posting.currency == currency,
        )
    )
    stands, worth = session.execute(query).one()
    if stands * amount >= 0 or abs(amount) > abs(stands):
        raise InputError(
            f"that is more than stands on {code} in {currency}.",
            where=code,
            hint="Fill the return for the period, and pay what its boxes say.",
        )
    return -share_of(worth, abs(amount), abs(stands))
