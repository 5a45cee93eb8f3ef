"""What a seller says about himself: where and how he is registered, with checked numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ids import next_id
from core.stock.models import Warehouse
from core.tax.facts import Registration
from core.tax.facts import Seller
from core.tax.forms import FREQUENCIES
from core.tax.models import SellerRegistration
from core.tax.numbers import check_number

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_REGION = re.compile(r"[A-Z0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class RegistrationInfo:
    """A registration as pages and commands show it."""

    id: int
    country: str
    region: str
    scheme: str
    number: str
    since: date
    until: date | None
    months: int = 0
    currency: str = ""


def load_seller(session: Session, company_id: int) -> Seller:
    """Return what a company says about itself; two queries."""
    rows = registrations(session, company_id)
    stock = sa.select(Warehouse.country).where(Warehouse.company_id == company_id).distinct()
    return Seller(
        tuple(
            Registration(
                row.country, row.scheme, row.region, row.number, row.since, row.until or date.max
            )
            for row in rows
        ),
        tuple(sorted(set(session.scalars(stock)))),
    )


def registrations(session: Session, company_id: int) -> Sequence[RegistrationInfo]:
    """Return the registrations of a company by country, scheme and day."""
    table = SellerRegistration
    query = (
        sa.select(
            table.id,
            table.country,
            table.region,
            table.scheme,
            table.number,
            table.since,
            table.until,
            table.months,
            table.currency,
        )
        .where(table.company_id == company_id)
        .order_by(table.country, table.region, table.scheme, table.since)
    )
    return [RegistrationInfo(*row) for row in session.execute(query)]


def add_registration(  # noqa: PLR0913 - one argument for each fact
    session: Session,
    company_id: int,
    country: str,
    scheme: str,
    *,
    since: date,
    number: str = "",
    region: str = "",
    until: date | None = None,
    months: int = 0,
    currency: str = "",
) -> RegistrationInfo:
    """Note that the seller is registered; sales from that day on are decided by it.

    `months` is how often he files and `currency` in which money, where that is not as usual.
    Raises: InputError for a country, scheme, number or period that cannot be, Conflict if the same
    registration is noted for that time already.
    """
    _check(country, region, scheme, since, until)
    _check_filing(months, currency)
    number = check_number(country, scheme, number)
    for row in registrations(session, company_id):
        if (row.country, row.region, row.scheme) == (country, region, scheme) and (
            since < (row.until or date.max) and row.since < (until or date.max)
        ):
            raise Conflict(
                f"{country} {scheme} is noted from {row.since} already.",
                hint="End that one first, or choose a later day.",
            )
    row_id = next_id(session)
    session.add(
        SellerRegistration(
            company_id=company_id,
            id=row_id,
            country=country,
            region=region,
            scheme=scheme,
            number=number,
            since=since,
            until=until,
            created_at=clock.now(),
            months=months,
            currency=currency,
        )
    )
    session.flush()
    return RegistrationInfo(row_id, country, region, scheme, number, since, until, months, currency)


def end_registration(
    session: Session, company_id: int, registration_id: int, until: date
) -> RegistrationInfo:
    """Let a registration end the day before `until`.

    Raises: NotFound, InputError if it would end before it began.
    """
    row = _registration(session, company_id, registration_id)
    if until <= row.since:
        raise InputError(f"It began on {row.since}.", hint="End it on a later day.", where="until")
    row.until = until
    return _changed(session, row)


def change_registration(
    session: Session,
    company_id: int,
    registration_id: int,
    *,
    number: str | None = None,
    months: int | None = None,
    currency: str | None = None,
) -> RegistrationInfo:
    """Change the number of a registration, or how often and in which money it is filed.

    Raises: NotFound, InputError for what cannot be.
    """
    row = _registration(session, company_id, registration_id)
    if number is not None:
        row.number = check_number(row.country, row.scheme, number)
    row.months = row.months if months is None else months
    row.currency = row.currency if currency is None else currency
    _check_filing(row.months, row.currency)
    return _changed(session, row)


def _registration(session: Session, company_id: int, registration_id: int) -> SellerRegistration:
    table = SellerRegistration
    row = session.scalars(
        sa.select(table).where(
            table.company_id == company_id, any_of(session, table.id, [registration_id])
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no registration {registration_id}.")
    return row


def _changed(session: Session, row: SellerRegistration) -> RegistrationInfo:
    row.row_version += 1
    session.flush()
    return RegistrationInfo(
        row.id,
        row.country,
        row.region,
        row.scheme,
        row.number,
        row.since,
        row.until,
        row.months,
        row.currency,
    )


def _check(country: str, region: str, scheme: str, since: date, until: date | None) -> None:
    if _COUNTRY.fullmatch(country) is None:
        raise InputError(f"{country!r} is no country.", where="country", hint="Use codes like DE.")
    if _REGION.fullmatch(region) is None:
        raise InputError(f"{region!r} is no region.", where="region", hint="Use codes like ON.")
    if _CODE.fullmatch(scheme) is None:
        raise InputError(f"{scheme!r} is no scheme.", where="scheme", hint="Such as local or oss.")
    if until is not None and until <= since:
        raise InputError(f"It cannot end on {until}, before it began.", where="until")


def _check_filing(months: int, currency: str) -> None:
    if months and months not in FREQUENCIES:
        raise InputError(
            f"Nobody files every {months} months.",
            where="months",
            hint=f"Choose one of {', '.join(map(str, FREQUENCIES))}, or 0 for as usual.",
        )
    if currency and _CURRENCY.fullmatch(currency) is None:
        raise InputError(f"{currency!r} is no currency.", where="currency", hint="Such as EUR.")
