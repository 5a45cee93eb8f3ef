"""What an invoice says, from the lines of its order as they were decided and booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.invoicing.categories import category_of
from core.kernel import hooks
from core.orders.models import Order
from core.orders.models import OrderLine
from core.tax.decision import TaxDecision
from core.tax.invoice_rules import MARKETPLACE
from core.tax.invoice_rules import NO_RULES
from core.tax.invoice_rules import InvoiceRules
from core.tax.invoice_rules import text_in
from core.tax.models import BookedLevy
from core.tax.numbers import EORI
from core.tax.numbers import EU_STATES
from core.tax.numbers import TaxNumber
from core.tax.numbers import read_tax_number
from core.tax.returns import decisions_of
from core.tax.sellers import registrations

ONE_STOP = {"2320": ("EU", "oss"), "2330": ("EU", "ioss")}
"""Tax accounts of schemes whose registration is not that of the country taxed."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An invoice before it has a number: `document` is what it says, but for its buyer."""

    order: Any
    place: str
    supplied_on: date
    net: int
    tax: int
    document: dict[str, object]
    needs_number: bool


def compose(session: Session, company_id: int, order_id: int, language: str) -> Composed:
    """Compose the invoice of an order, or the credit note of a return.

    Raises: NotFound, Conflict while goods of it are still to leave, InputError where the platform
    issues it, or where the seller's own number is missing.
    """
    order = session.get(Order, (company_id, order_id))
    if order is None:
        raise NotFound(f"There is no order {order_id}.")
    lines = _lines(session, company_id, order)
    decisions = decisions_of(session, company_id, {each.decision_id or 0 for each in lines})
    levies = _levies(session, company_id, [each.id for each in lines])
    decisions |= decisions_of(
        session, company_id, {row.decision_id for rows in levies.values() for row in rows}
    )
    first = _leading([decisions[each.decision_id or 0] for each in lines])
    rules = rules_of(session, first.regime)
    case = rules.case(first)
    if case.issuer == MARKETPLACE:
        raise InputError(
            f"{order.platform} issues the invoice of {order.external_ref}, not you: {case.why}.",
            hint="Send the buyer there.",
        )
    taxes = _taxes(rules, lines, decisions, levies)
    supplied_on = max(each.occurred_on for each in lines)
    place, number, vat = _number(session, company_id, first, supplied_on)
    tax = sum(row["amount"] for row in taxes)
    if tax and not number and first.collector != MARKETPLACE:
        raise InputError(
            f"An invoice with tax of {first.jurisdiction} needs your number there.",
            hint=f"Note it: entrepot tax register {place} local --number NUMBER.",
        )
    notes = dict.fromkeys(
        text_in(rules.case(decisions[each.decision_id or 0]).note, language) for each in lines
    )
    document: dict[str, object] = {
        "title": text_in(rules.credit_title if _is_credit(order) else rules.title, language),
        "number_label": rules.number,
        "seller_number": number,
        "seller_vat": vat,
        "order": order.external_ref,
        "ordered_on": order.ordered_on.isoformat(),
        "lines": [_shown(each, decisions, levies.get(each.id, ())) for each in lines],
        "taxes": taxes,
        "notes": [note for note in notes if note],
    }
    reverse = any(decisions[each.decision_id or 0].collector == "buyer" for each in lines)
    net = sum(each.net_amount for each in lines)
    return Composed(order, place, supplied_on, net, tax, document, reverse)


def rules_of(session: Session, regime_code: str) -> InvoiceRules:
    """Return what a regime wants on invoices; it may be disabled by now.

    Raises: InputError where its addon fails to say it.
    """
    for addon, regime in hooks.collect_installed(session, "tax_regimes"):
        if regime.code == regime_code and hasattr(regime, "invoices"):
            rules: InvoiceRules | None = hooks.ask(session, addon, "tax_regimes", regime.invoices)
            if rules is None:
                # Without them a marketplace's invoice might be written, or one without its notes.
                raise InputError(
                    f"{addon} fails to say what its law wants on invoices.",
                    hint="Its page among the addons says why; correct it and try again.",
                )
            return rules
    return NO_RULES


def _is_credit(order: Any) -> bool:
    return bool(order.kind == "credit_note")


def _lines(session: Session, company_id: int, order: Any) -> Sequence[OrderLine]:
    query = (
        sa.select(OrderLine)
        .where(OrderLine.company_id == company_id, OrderLine.order_id == order.id)
        .order_by(OrderLine.id)
    )
    rows = session.scalars(query).all()
    open_ = [
        each
        for each in rows
        if each.decision_id is None
        and each.net_amount
        and abs(each.cancelled_quantity) < abs(each.quantity)
    ]
    done = [each for each in rows if each.decision_id is not None]
    if open_ or not done:
        raise Conflict(
            f"{order.external_ref} is not booked as a whole yet.",
            hint="It can be invoiced once all of it has left and its tax is decided.",
        )
    return done


def _leading(decisions: Sequence[TaxDecision]) -> TaxDecision:
    """Return the decision that names the law: that of what is charged, else the first."""
    charged = [each for each in decisions if each.is_charged and each.rate]
    return (charged or list(decisions))[0]


def _levies(
    session: Session, company_id: int, line_ids: Sequence[int]
) -> Mapping[int, Sequence[BookedLevy]]:
    query = (
        sa.select(BookedLevy)
        .where(BookedLevy.company_id == company_id, BookedLevy.line_id.in_(line_ids))
        .order_by(BookedLevy.line_id, BookedLevy.seq)
    )
    found: defaultdict[int, list[BookedLevy]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.line_id or 0].append(row)
    return found


def _taxes(
    rules: InvoiceRules,
    lines: Sequence[OrderLine],
    decisions: Mapping[int, TaxDecision],
    levies: Mapping[int, Sequence[BookedLevy]],
) -> list[dict[str, Any]]:
    sums: defaultdict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        parts = [
            (decisions[row.decision_id], row.base, row.tax) for row in levies.get(line.id, ())
        ] or [(decisions[line.decision_id or 0], line.net_amount, line.tax_amount)]
        for decision, base, tax in parts:
            if decision.role in ("sale", "export") and rules.case(decision).issuer != MARKETPLACE:
                total = sums[decision.tax, decision.jurisdiction, decision.charged_rate]
                total[0] += base
                total[1] += tax if decision.is_charged else 0
    return [
        {"tax": tax, "jurisdiction": place, "rate": rate, "base": base, "amount": amount}
        for (tax, place, rate), (base, amount) in sorted(sums.items())
        if base or amount
    ]


def _shown(
    line: OrderLine, decisions: Mapping[int, TaxDecision], levies: Sequence[BookedLevy]
) -> dict[str, object]:
    rates = [decisions[row.decision_id].charged_rate for row in levies]
    rate = sum(rates) if rates else decisions[line.decision_id or 0].charged_rate
    return {
        "code": line.code,
        "title": line.title,
        "quantity": line.quantity,
        "net": line.net_amount,
        "rate": rate,
        "tax": line.tax_amount,
        "scheme": decisions[line.decision_id or 0].scheme,
        "category": category_of(decisions[line.decision_id or 0], levies, decisions),
    }


def _number(
    session: Session, company_id: int, decision: TaxDecision, day: date
) -> tuple[str, str, str]:
    """Return the place whose series an invoice belongs to, and the seller's number there.

    The third is the number as VAT numbers are written abroad, empty where it is none.
    """
    country, scheme = ONE_STOP.get(decision.account, (decision.jurisdiction[:2], ""))
    region = decision.jurisdiction[3:]
    held = [
        row
        for row in registrations(session, company_id)
        if row.country == country
        and (not scheme or row.scheme == scheme)
        and row.region in ("", region)
        and row.since <= day < (row.until or date.max)
        and row.number
        and row.scheme != EORI
    ]
    # An intra-EU supply is invoiced under the number of the state that the goods leave.
    if not held and decision.origin != country:
        origin = [row for row in registrations(session, company_id) if row.number]
        held = [row for row in origin if row.country == decision.origin and row.scheme == "local"]
    if not held:
        return country, "", ""
    return country, held[0].number, _abroad(held[0].country, held[0].number)


def _abroad(country: str, number: str) -> str:
    """Return a VAT number with the prefix of the state that gave it, such as DE136695976."""
    known = TaxNumber(country, number)
    if country in EU_STATES or country in ("GB", "XI"):
        return known.text
    # One-stop shops of the Union are used under the number of a member state, too.
    told = read_tax_number(number, "")
    return told.text if told.country in EU_STATES and not told.fault else ""
