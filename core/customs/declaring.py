"""Customs declarations: duty raises what the goods cost, import VAT is reclaimed where one may.

The amounts are those of the declaration, in the currency of its country; the books convert them at
the rate of the day. The customs value is told beside them, so that they can be compared with what
the customs rate of the month makes of the invoice. Source: DOMAIN §2.3 rule 30, §4.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.costing import charging
from core.costing.charging import ChargeDraft
from core.costing.receipts import goods_received
from core.costing.suppliers import name_supplier
from core.costing.suppliers import owe
from core.costing.suppliers import rate_of
from core.costing.suppliers import vat_key
from core.customs.models import Declaration
from core.errors import Conflict
from core.errors import InputError
from core.identity.deeds import say
from core.ids import next_id
from core.kernel.companies import company_of
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.rates.customs import customs_rate
from core.rates.rate import converted
from core.tax.decision import tax_amount
from core.tax.forms import IMPORT_ENTRY
from core.tax.models import SellerRegistration
from core.tax.numbers import LOCAL

PAID, POSTPONED, COST = WAYS = ("paid", "postponed", "cost")
"""What becomes of import VAT: paid and reclaimed, only declared, or a cost of the goods."""

IMPORT_VAT, OUTPUT_VAT = "1510", "2300"


@dataclass(frozen=True, slots=True)
class DeclarationDraft:
    """A declaration as it is told; amounts are minor units of `currency`, that of the country.

    `duties` says what each SKU bears. `values` is what the invoice says of each, in
    `value_currency`, `further` what else the tax is on, such as freight to the destination;
    `vat_rate` is in millionths.
    """

    reference: str
    country: str
    declared_on: date
    currency: str
    receipts: Sequence[str]
    duties: Mapping[str, int] = field(default_factory=dict)
    vat: int = 0
    way: str = PAID
    values: Mapping[str, int] = field(default_factory=dict)
    value_currency: str = ""
    further: int = 0
    vat_rate: int | None = None
    supplier: str = ""

    @property
    def duty(self) -> int:
        """Return the duty of all SKUs."""
        return sum(self.duties.values())


@dataclass(frozen=True, slots=True)
class Checked:
    """What the customs rate of the month makes of a declaration; amounts in its currency."""

    rate: str
    value: int
    vat_base: int
    vat_expected: int | None

    def difference(self, vat: int) -> int | None:
        """Return by how much the declaration's import VAT is more than expected."""
        return None if self.vat_expected is None else vat - self.vat_expected


def check(session: Session, company_id: int, draft: DeclarationDraft) -> Checked:
    """Return what customs should have made of the invoice, to be compared with the declaration.

    Raises: InputError for what cannot be, NotFound for a receipt or SKU, Conflict for a reference
    that is taken, Unresolved without the month's customs rate.
    """
    _require_sound(session, company_id, draft)
    rate = customs_rate(
        session, company_id, draft.country, draft.value_currency or draft.currency, draft.currency,
        draft.declared_on,
    ) if draft.values else None  # fmt: skip
    value = sum(rate.convert(each) for each in draft.values.values()) if rate is not None else 0
    base = value + draft.duty + draft.further
    expected = None
    if draft.vat_rate is not None and draft.values:
        expected = tax_amount(base, draft.vat_rate)
    return Checked(rate.told if rate is not None else "", value, base, expected)


def declare(
    session: Session, company_id: int, draft: DeclarationDraft, *, actor: str = ""
) -> Declaration:
    """Book a declaration: duty on the goods wherever they are now, and the import VAT.

    Raises: what `check` raises, Unresolved without the rate of the day.
    """
    checked = check(session, company_id, draft)
    company = company_of(session, company_id)
    noon = datetime.combine(draft.declared_on, time(12), ZoneInfo(company.timezone))
    at = noon.astimezone(UTC)
    if draft.duty:
        _charge(session, company_id, draft, _duty(draft), at, actor)
    if draft.vat and draft.way == COST:
        _charge(session, company_id, draft, _vat_as_cost(draft), at, actor)
    elif draft.vat:
        _book_vat(session, company_id, company.currency, draft)
    made = Declaration(
        company_id=company_id,
        id=next_id(session),
        reference=draft.reference,
        country=draft.country,
        declared_on=draft.declared_on,
        currency=draft.currency,
        value=checked.value,
        duty=draft.duty,
        vat=draft.vat,
        way=draft.way,
        rate=checked.rate,
        made_by=actor,
        made_at=clock.now(),
    )
    session.add(made)
    session.flush()
    after: dict[str, object] = {
        "country": draft.country, "duty": draft.duty, "vat": draft.vat, "way": draft.way
    }  # fmt: skip
    say(session, company_id, "customs.declared", f"declaration {draft.reference}", after=after)
    return made


def _duty(draft: DeclarationDraft) -> ChargeDraft:
    return ChargeDraft(
        draft.reference,
        "duty",
        "direct",
        draft.duty,
        draft.receipts,
        amounts=draft.duties,
        note=f"Customs duty, declaration {draft.reference}",
        currency=draft.currency,
        supplier=draft.supplier,
    )


def _vat_as_cost(draft: DeclarationDraft) -> ChargeDraft:
    return ChargeDraft(
        f"{draft.reference}/vat",
        "other",
        "value",
        draft.vat,
        draft.receipts,
        note=f"Import VAT that is not reclaimed, declaration {draft.reference}",
        currency=draft.currency,
        supplier=draft.supplier,
    )


def _charge(
    session: Session,
    company_id: int,
    draft: DeclarationDraft,
    charge: ChargeDraft,
    at: datetime,
    actor: str,
) -> None:
    """Book a cost of the goods that is final at once."""
    charging.estimate(session, company_id, charge, actor=actor, at=at)
    charging.settle(
        session, company_id, charge.reference, charge.amount, invoice=draft.reference,
        currency=draft.currency, at=at,
    )  # fmt: skip


def _book_vat(session: Session, company_id: int, home: str, draft: DeclarationDraft) -> None:
    journal = Journal(session, company_id, home)
    day = open_day(draft.declared_on, closed_months(session, company_id))
    entry = journal.entry(
        next_id(session),
        f"import_vat:{draft.reference}",
        IMPORT_ENTRY,
        day,
        happened_on=draft.declared_on,
        narration=f"Import VAT, declaration {draft.reference}",
    )
    rate = rate_of(journal, draft.currency, draft.declared_on)
    entry.rate = rate.note if rate is not None else None
    worth, own = converted(rate, draft.vat)
    there = Dimensions(country=draft.country)
    entry.add(IMPORT_VAT, worth, there, original=own)
    owed = rate.original(-draft.vat) if rate is not None else None
    if draft.way == POSTPONED:
        entry.add(OUTPUT_VAT, -worth, there, original=owed)
    else:
        key = vat_key(draft.reference)
        owe(journal, entry, key, next_id(session), worth, owed)
        name_supplier(session, company_id, key, draft.supplier)
    session.flush()
    journal.post()


def _require_sound(session: Session, company_id: int, draft: DeclarationDraft) -> None:
    if not draft.reference.strip():
        raise InputError("give the declaration a reference.", where="reference")
    if draft.way not in WAYS:
        raise InputError(
            f"{draft.way!r} is nothing that becomes of import VAT.",
            where="way",
            hint=f"Known: {', '.join(WAYS)}.",
        )
    amounts = (*draft.duties.values(), *draft.values.values(), draft.vat, draft.further)
    if min(amounts) < 0 or not (draft.duty or draft.vat):
        raise InputError("say the duty, the import VAT or both; none is negative.", where="vat")
    goods = goods_received(session, company_id, draft.receipts, [*draft.values, *draft.duties])
    if not goods:
        raise InputError("name at least one receipt.", where="receipts")
    taken = sa.exists().where(
        Declaration.company_id == company_id, Declaration.reference == draft.reference
    )
    if session.scalar(sa.select(taken)):
        raise Conflict(f"Declaration {draft.reference} is booked already.")
    if draft.vat and draft.way != COST:
        _require_registration(session, company_id, draft)


def _require_registration(session: Session, company_id: int, draft: DeclarationDraft) -> None:
    """Import VAT is reclaimed only where the seller is registered on that day."""
    day = draft.declared_on
    registered = sa.exists().where(
        SellerRegistration.company_id == company_id,
        SellerRegistration.country == draft.country,
        SellerRegistration.scheme == LOCAL,
        SellerRegistration.since <= day,
        sa.or_(SellerRegistration.until.is_(None), SellerRegistration.until > day),
    )
    if not session.scalar(sa.select(registered)):
        raise InputError(
            f"There is no registration in {draft.country} on {day}: import VAT cannot be"
            " reclaimed.",
            where="way",
            hint="Enter the registration (`entrepot tax register`), or book it as a cost.",
        )


def list_declarations(session: Session, company_id: int, limit: int = 100) -> Sequence[Any]:
    """Return the latest declarations."""
    query = sa.select(Declaration).where(Declaration.company_id == company_id)
    latest = query.order_by(Declaration.declared_on.desc(), Declaration.id.desc())
    return session.scalars(latest.limit(limit)).all()
