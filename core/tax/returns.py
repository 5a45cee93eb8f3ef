"""Filling a return: one query over the postings that carry decisions, and none per box."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields
from datetime import date
from decimal import ROUND_HALF_UP
from decimal import Decimal
from functools import cache
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import InputError
from core.errors import NotFound
from core.kernel import hooks
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.money import minor_digits
from core.money import round_div
from core.tax.decision import TaxDecision
from core.tax.declaring import ASKED
from core.tax.declaring import Query
from core.tax.declaring import declared_in
from core.tax.declaring import sale_of
from core.tax.forms import Box
from core.tax.forms import BoxRule
from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.forms import period_around
from core.tax.models import BookedLevy
from core.tax.models import Decision
from core.tax.rates import percent_of

Rates = Mapping[str, Decimal]
"""How many units of the form's currency one unit of another currency is."""

Balances = Mapping[tuple[str, str], int]
"""What stands on accounts, by their codes and the kinds of the entries."""

_line = sa.table(
    "orders_line", sa.column("company_id"), sa.column("id"), sa.column("original_line_id")
)


@dataclass(frozen=True, slots=True)
class Taxed:
    """What some lines were taxed on and their tax, by one decision; positive for sales."""

    decision_id: int
    decision: TaxDecision
    base: int
    tax: int
    corrects: str = ""


def forms(session: Session, *, disabled: bool = False) -> dict[str, ReturnForm]:
    """Return the returns of all enabled regimes by code, with `disabled` of all installed ones."""
    found: dict[str, ReturnForm] = {}
    collect = hooks.collect_installed if disabled else hooks.collect
    for addon, regime in collect(session, "tax_regimes"):
        # One that fails has no returns to show; those of all others are.
        offered = hooks.ask(session, addon, "tax_regimes", partial(_returns_of, regime))
        found |= {form.code: form for form in offered or ()}
    return found


def _returns_of(regime: Any) -> Sequence[ReturnForm]:
    return list(regime.returns()) if hasattr(regime, "returns") else []


def form_of(session: Session, code: str) -> ReturnForm:
    """Return a return by its code, also of a disabled regime: what it decided can be declared.

    Raises: NotFound naming those that there are.
    """
    known = forms(session)
    if code not in known and (asleep := forms(session, disabled=True).get(code)) is not None:
        return asleep
    if code not in known:
        raise NotFound(
            f"There is no return {code!r}.",
            hint=f"There are {', '.join(sorted(known)) or 'none: enable a tax regime'}.",
        )
    return known[code]


def boxes(
    session: Session,
    company_id: int,
    form: ReturnForm,
    period: Period,
    rates: Rates | None = None,
    *,
    manual: Mapping[str, int] | None = None,
    carried: Sequence[Box] = (),
) -> list[Box]:
    """Fill a return for a period, in the order of its boxes.

    `rates` turn other currencies into the form's, `manual` are the amounts of boxes that the books
    do not know, `carried` the corrections of earlier periods. Raises: InputError where a rate is
    needed and missing, and for a rule that names a box which is not there.
    """
    money = Money(form.currency, rates or {})
    taxed = taxed_in(session, company_id, form, period, money)
    balances = _balances(session, company_id, form, period, money)
    filled: list[Box] = []
    for rule in form.boxes:
        if rule.measure == "manual":
            filled.append(Box(rule.code, rule.title, (manual or {}).get(rule.code)))
        else:
            filled += _fill(rule, form, taxed, balances, filled)
        filled += [box for box in carried if box.code == rule.code]
    return filled


def taxed_in(
    session: Session,
    company_id: int,
    form: ReturnForm,
    period: Period,
    money: Money | None = None,
) -> list[Taxed]:
    """Return what was taxed in a period by each decision of a form's regime."""
    money = money or Money(form.currency, {})
    sums: defaultdict[tuple[int, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    corrected = _corrected(form, period)
    asked = {"company": company_id, "regime": form.regime}
    asked |= {"since": period.start, "until": period.end}
    postings, levies = _queries(form.corrections)
    for query in postings:
        for row in session.execute(query, asked):
            total = sums[row.decision_id, corrected(row.sold_on)]
            total[row.is_tax] -= money.turn(row)
    for query in levies:
        for row in session.execute(query, asked):
            sums[row.decision_id, ""][row.is_tax] += money.turn(row)
    decisions = decisions_of(session, company_id, {decision_id for decision_id, _ in sums})
    return [
        Taxed(decision_id, decisions[decision_id], whole(base), whole(tax), corrects)
        for (decision_id, corrects), (base, tax) in sorted(sums.items())
    ]


def decisions_of(session: Session, company_id: int, ids: Iterable[int]) -> dict[int, TaxDecision]:
    """Return stored decisions by id."""
    names = [field.name for field in fields(TaxDecision)]
    query = sa.select(Decision.id, *(getattr(Decision, name) for name in names)).where(
        Decision.company_id == company_id, Decision.id.in_(sorted(ids))
    )
    return {row[0]: TaxDecision(*row[1:]) for row in session.execute(query)}


def selected(rule: BoxRule, taxed: Sequence[Taxed]) -> list[Taxed]:
    """Return what counts for a box."""
    if rule.measure not in ("base", "tax"):
        return []
    return [each for each in taxed if rule.where(each.decision)]


def _fill(
    rule: BoxRule,
    form: ReturnForm,
    taxed: Sequence[Taxed],
    balances: Balances,
    filled: Sequence[Box],
) -> list[Box]:
    if rule.measure == "sum":
        return [Box(rule.code, rule.title, _sum_of(rule, form, filled))]
    if rule.measure == "accounts":
        total = sum(
            amount
            for (account, kind), amount in balances.items()
            if account in rule.accounts and (not rule.kinds or kind in rule.kinds)
        )
        return [Box(rule.code, rule.title, rule.sign * total)]
    rows: defaultdict[tuple[tuple[str, ...], str], int] = defaultdict(int)
    if not rule.by:
        rows[(), ""] = 0
    for each in selected(rule, taxed):
        rows[row_key(rule, each.decision), each.corrects] += (
            each.base if rule.measure == "base" else each.tax
        )
    return [
        Box(rule.code, rule.title, rule.sign * _rounded(amount, rule, form), key, corrects)
        for (key, corrects), amount in sorted(rows.items(), key=lambda row: (row[0][1], row[0][0]))
    ]


def row_key(rule: BoxRule, decision: TaxDecision) -> tuple[str, ...]:
    """Return what the row of a box is about to which a decision's lines belong."""
    return tuple(
        percent_of(decision.rate) if name == "rate" else str(getattr(decision, name))
        for name in rule.by
    )


def _rounded(amount: int, rule: BoxRule, form: ReturnForm) -> int:
    part, of = rule.part
    amount = round_div(amount * part, of)
    if not rule.whole:
        return amount
    # What is less than a whole unit is left off, of a credit too.
    cents: int = abs(amount) % 10 ** minor_digits(form.currency)
    return amount - cents if amount > 0 else amount + cents


def _sum_of(rule: BoxRule, form: ReturnForm, filled: Sequence[Box]) -> int:
    known = {box.code for box in filled} | {each.code for each in form.boxes}
    total = 0
    for code, sign in rule.of:
        if code not in known:
            raise InputError(f"Box {rule.code} of {form.code} adds up {code}, which is no box.")
        total += sign * sum(box.amount or 0 for box in filled if box.code == code)
    return total


class Money:
    """What turns amounts as they were booked into the currency of a form."""

    def __init__(self, currency: str, rates: Rates) -> None:
        self.currency = currency
        self.rates = rates

    def turn(self, row: Any) -> Decimal:
        amount, currency = Decimal(int(row.amount)), row.currency
        if currency == self.currency or not amount:
            return amount
        if currency not in self.rates:
            raise InputError(
                f"The return is filed in {self.currency} and some of it was booked in {currency}.",
                hint=f"Give the rate: --rate {currency}=…",
            )
        digits = minor_digits(self.currency) - minor_digits(currency)
        return (amount * self.rates[currency]).scaleb(digits)


def whole(amount: Decimal) -> int:
    """Return an amount in whole minor units, rounded half away from zero."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _corrected(form: ReturnForm, period: Period) -> Callable[[date | None], str]:
    """Return what names the earlier period of a sale, empty for one of this period."""

    def label(sold_on: date | None) -> str:
        if not form.corrections or sold_on is None or sold_on >= period.start:
            return ""
        return period_around(sold_on, form.months).label

    return label


@cache
def _queries(corrections: bool) -> tuple[Sequence[Query], Sequence[Query]]:  # noqa: FBT001
    """Return what asks for postings and for levies; to put them together takes longer than ask."""
    postings = declared_in(_postings(corrections), Posting, ASKED)
    levies = [
        query
        for is_tax, amount in ((0, BookedLevy.base), (1, BookedLevy.tax))
        for query in declared_in(_levies(amount, is_tax), BookedLevy, ASKED)
    ]
    return postings, levies


def _postings(corrections: bool) -> sa.Select[*tuple[Any, ...]]:
    is_tax = sa.case((Account.code == Decision.account, 1), else_=0)
    query = (
        sa.select(
            Posting.decision_id,
            Posting.currency,
            is_tax.label("is_tax"),
            sa.func.sum(Posting.currency_amount).label("amount"),
        )
        .join(
            Account,
            (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id),
        )
        .join(
            Decision,
            (Decision.company_id == Posting.company_id) & (Decision.id == Posting.decision_id),
        )
        .where(
            Posting.company_id == sa.bindparam("company"),
            Decision.regime == sa.bindparam("regime"),
        )
        .group_by(Posting.decision_id, Posting.currency, is_tax)
    )
    if not corrections:
        return query.add_columns(sa.null().label("sold_on"))
    line = _line.alias("line")
    query = query.outerjoin(
        line, (line.c.company_id == Posting.company_id) & (line.c.id == Posting.line_id)
    )
    query, sold_on = sale_of(query, line)
    return query.add_columns(sold_on.label("sold_on")).group_by(sold_on)


def _levies(amount: Any, is_tax: int) -> sa.Select[*tuple[Any, ...]]:
    """Select the base of further taxes, or the tax itself where it was kept back, not charged."""
    query = (
        sa.select(
            BookedLevy.decision_id,
            BookedLevy.currency,
            sa.literal(is_tax).label("is_tax"),
            sa.func.sum(amount).label("amount"),
        )
        .join(
            Decision,
            (Decision.company_id == BookedLevy.company_id)
            & (Decision.id == BookedLevy.decision_id),
        )
        .where(
            BookedLevy.company_id == sa.bindparam("company"),
            BookedLevy.further == 1,
            Decision.regime == sa.bindparam("regime"),
        )
        .group_by(BookedLevy.decision_id, BookedLevy.currency)
    )
    return query.where(Decision.role == "withholding") if is_tax else query


def _balances(
    session: Session, company_id: int, form: ReturnForm, period: Period, money: Money
) -> Balances:
    """Return what stands on the accounts of a form's boxes without a decision."""
    wanted = sorted({code for rule in form.boxes for code in rule.accounts})
    if not wanted:
        return {}
    query = (
        sa.select(
            Account.code,
            Entry.kind,
            Posting.currency,
            sa.func.sum(Posting.currency_amount).label("amount"),
        )
        .join(
            Account,
            (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id),
        )
        .join(Entry, (Entry.company_id == Posting.company_id) & (Entry.id == Posting.entry_id))
        .where(
            Posting.company_id == company_id,
            Posting.booked_on >= period.start,
            Posting.booked_on < period.end,
            Posting.decision_id.is_(None),
            Posting.country == form.jurisdiction,
            Account.code.in_(wanted),
        )
        .group_by(Account.code, Entry.kind, Posting.currency)
    )
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in session.execute(query):
        sums[row.code, row.kind] += money.turn(row)
    return {key: whole(amount) for key, amount in sums.items()}
