"""Money that goes to suppliers: deposits before the goods come, and what invoices ask for.

What a payment costs more or less than the books carry is a gain or loss of exchange (9000), never a
cost of the goods. Source: DOMAIN §2.3 rules 21 and 22, §3.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.banking.converting import Purses
from core.banking.profiles import get_profile
from core.costing.models import SupplierPayment
from core.costing.suppliers import DEPOSITS
from core.costing.suppliers import EXCHANGE
from core.costing.suppliers import PAYABLE
from core.costing.suppliers import Prepaid
from core.costing.suppliers import deposit_key
from core.costing.suppliers import name_supplier
from core.costing.suppliers import rate_of
from core.costing.suppliers import use_deposit
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import say
from core.ids import next_id
from core.kernel.models import Company
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.ledger.models import Entry
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.money import to_text
from core.rates.rate import Rate

BANK = "1000"
DEPOSIT, PAYMENT = "deposit", "payment"
"""What a payment is: before the goods come, or of an invoice."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that goes to a supplier; `reference` is booked once, amounts are minor units.

    It leaves a bank or wallet that has a profile, or else the bank in the company's currency.
    `taken` is what a bank in the company's currency took; else the day's rate says it.
    """

    reference: str
    on: date
    bank: str | None = None
    taken: int | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid; `difference` is a loss of exchange, or a gain below zero.

    `amount` is in the document's currency, `left` what is owed yet in it, `prepaid` what of the
    amount a deposit paid. `carried` and `difference` are in the company's currency.
    """

    currency: str
    amount: int
    left: int
    carried: int
    difference: int
    prepaid: int = 0


def paid_document(paid: Paid, home: str) -> dict[str, str]:
    """Return what was paid as commands and the API show it."""
    return {
        "currency": paid.currency,
        "paid": to_text(paid.amount, paid.currency),
        "prepaid": to_text(paid.prepaid, paid.currency),
        "open": to_text(paid.left, paid.currency),
        "functional_currency": home,
        "carried": to_text(paid.carried, home),
        "exchange_difference": to_text(paid.difference, home),
    }


def pay_deposit(
    session: Session,
    company_id: int,
    payment: Payment,
    amount: int,
    currency: str | None = None,
    *,
    supplier: str = "",
    preview: bool = False,
) -> Paid:
    """Pay a supplier before the goods come; the payment's reference names the deposit from then on.

    A preview says what would be booked, and books nothing.

    Raises: InputError, NotFound for a bank, Conflict for a deposit that is booked already,
    Unresolved without a rate.
    """
    money = _Money(session, company_id, payment, DEPOSIT, currency)
    money.require_amount(amount)
    entry, key = money.entry, deposit_key(payment.reference)
    worth = money.worth(amount)
    cash = money.leave(amount)
    if money.is_bank_ours:
        worth = cash
    own = money.original(amount)
    item = money.journal.owe(DEPOSITS, key, next_id(session), worth, None, original=own)
    entry.add(DEPOSITS, worth, Dimensions(), tag=money.tag, item_id=item, original=own)
    paid = Paid(money.currency, amount, 0, worth, cash - worth)
    money.balance(paid)
    if preview:
        return paid
    money.write(paid, key, "")
    name_supplier(session, company_id, key, supplier)
    say(session, company_id, "costs.deposit_paid", f"deposit {payment.reference}",
        after={"amount": amount, "currency": money.currency})  # fmt: skip
    return paid


def pay_supplier(
    session: Session,
    company_id: int,
    payment: Payment,
    bill: str,
    amount: int | None = None,
    *,
    currency: str | None = None,
    deposit: str | None = None,
    preview: bool = False,
) -> Paid:
    """Pay what is open of an invoice, or a part of it; a deposit pays before money does.

    `bill` is the key of its open item (`receipt_key`, `charge_key`); a `currency` that is named
    must be the invoice's. A preview says what would be booked, and books nothing.

    Raises: InputError, NotFound for an invoice, bank or deposit, Conflict for a payment that is
    booked already or more than is open, Unresolved without a rate.
    """
    journal = _journal(session, company_id)
    journal.know_items(PAYABLE, [bill], locked=True)
    currency = _currency_of(journal, bill, currency)
    is_open = -journal.open_amount(PAYABLE, bill)
    amount = is_open if amount is None else amount
    if amount > is_open or not is_open:
        raise Conflict(
            f"That is more than is open of {bill}.", hint="Leave the amount out to pay all."
        )
    money = _Money(session, company_id, payment, PAYMENT, currency, journal)
    money.require_amount(amount)
    value, _ = journal.carried(PAYABLE, bill, amount)
    own = money.original(amount)
    item = journal.owe(PAYABLE, bill, 0, value, None, original=own)
    money.entry.add(PAYABLE, value, Dimensions(), tag=money.tag, item_id=item, original=own)
    prepaid = Prepaid(0, 0)
    if deposit is not None:
        prepaid = use_deposit(journal, money.entry, deposit, currency, amount)
    rest = amount - prepaid.amount
    gone = prepaid.value + (money.leave(rest) if rest else 0)
    paid = Paid(currency, amount, is_open - amount, value, gone - value, prepaid.amount)
    money.balance(paid)
    if preview:
        return paid
    money.write(paid, bill, deposit or "")
    say(session, company_id, "costs.paid", f"bill {bill}",
        after={"amount": amount, "currency": currency, "difference": paid.difference})  # fmt: skip
    return paid


def _currency_of(journal: Journal, bill: str, told: str | None) -> str:
    found = journal.currency_of(PAYABLE, bill)
    if found is None:
        raise NotFound(
            f"No invoice is booked for {bill}.",
            hint="Book it first: `entrepot cost invoice` or `entrepot cost settle`.",
        )
    if told not in (None, found):
        raise InputError(f"the invoice is in {found}, not in {told}.", where="currency")
    return found


class _Money:
    """The entry of a payment in the making, and the bank that it leaves."""

    def __init__(
        self,
        session: Session,
        company_id: int,
        payment: Payment,
        kind: str,
        currency: str | None,
        journal: Journal | None = None,
    ) -> None:
        self.payment, self.kind = payment, kind
        self.journal = journal or _journal(session, company_id)
        self.currency = currency or self.journal.currency
        self.bank = get_profile(session, company_id, payment.bank) if payment.bank else None
        held = self.bank.currency if self.bank else self.journal.currency
        self.is_bank_ours = held == self.journal.currency
        self.tag = "actual" if self.currency == self.journal.currency else "conversion"
        if not self.is_bank_ours and held != self.currency:
            raise InputError(
                f"{payment.bank} holds {held}, the supplier is paid in {self.currency}.",
                where="bank",
                hint="Convert the money first: `entrepot bank convert`.",
            )
        self.entry = self._entry(f"supplier_{kind}")
        self.purses = Purses(session, self.journal)

    def require_amount(self, amount: int) -> None:
        """Refuse what is no payment. Raises: InputError."""
        if amount <= 0 or (self.payment.taken is not None and self.payment.taken <= 0):
            raise InputError("what is paid must be above zero.", where="amount")
        if self.payment.taken is not None and not self.is_bank_ours:
            raise InputError(
                "what the bank took is told only of a bank in the company's currency.",
                where="taken",
            )

    def original(self, amount: int) -> Original | None:
        """Return an amount as postings keep it beside the company's currency."""
        is_ours = self.currency == self.journal.currency
        return None if is_ours else Original(self.currency, amount)

    def worth(self, amount: int) -> int:
        """Return what an amount is worth on the day; what the bank took is known better."""
        if self.is_bank_ours and self.payment.taken is not None:
            return self.payment.taken
        rate = self._rate()
        return rate.convert(amount) if rate else amount

    def leave(self, amount: int) -> int:
        """Let an amount leave the bank, and return what it carried there."""
        session = self.journal.session
        if self.bank is None or self.is_bank_ours:
            value = self.worth(amount)
            account = self.bank.account if self.bank else BANK
            self.entry.add(account, -value, Dimensions(), tag=self.tag)
            return value
        carried, beyond = self.purses.carried(self.bank, -amount)
        if beyond:
            carried += self.worth(beyond)
        self.purses.move(self.entry, self.bank, next_id(session), -amount, carried, self.tag)
        return -carried

    def balance(self, paid: Paid) -> None:
        """Add what the payment gains or loses by exchange.

        Raises: InputError for a difference where no currency was exchanged.
        """
        if paid.difference and self.original(0) is None:
            raise InputError(
                "the bank took another amount than is paid, and both are in one currency.",
                where="taken",
                hint="Book the bank's charge as an expense of its own.",
            )
        self.entry.add(EXCHANGE, paid.difference, Dimensions(), tag="conversion")

    def write(self, paid: Paid, bill: str, deposit: str) -> None:
        """Write the entry, and the payment as pages list it."""
        session = self.journal.session
        self.journal.post()
        session.add(
            SupplierPayment(
                company_id=self.journal.company_id,
                id=next_id(session),
                kind=self.kind,
                reference=self.payment.reference,
                natural_key=bill,
                paid_on=self.payment.on,
                bank=self.payment.bank or "",
                currency=paid.currency,
                amount=paid.amount,
                carried=paid.carried,
                difference=paid.difference,
                deposit=deposit,
                prepaid=paid.prepaid,
                entry_id=self.entry.id,
                made_by=self.payment.by,
                made_at=clock.now(),
            )
        )
        session.flush()

    def _rate(self) -> Rate | None:
        rate = rate_of(self.journal, self.currency, self.payment.on)
        self.entry.rate = rate.note if rate else None
        return rate

    def _entry(self, kind: str) -> EntryDraft:
        session, company_id = self.journal.session, self.journal.company_id
        reference, day = self.payment.reference, self.payment.on
        if not reference.strip():
            raise InputError("give the payment a reference.", where="reference")
        key = f"{kind}:{reference}"
        taken = sa.exists().where(Entry.company_id == company_id, Entry.natural_key == key)
        if session.scalar(sa.select(taken)):
            raise Conflict(f"{reference} is booked already.", hint="Each payment has a reference.")
        return self.journal.entry(
            next_id(session), key, kind, open_day(day, closed_months(session, company_id)),
            narration=f"{kind.replace('_', ' ').capitalize()} {reference}", happened_on=day,
        )  # fmt: skip


def _journal(session: Session, company_id: int) -> Journal:
    company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
    return Journal(session, company_id, company.currency)
