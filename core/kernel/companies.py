"""Companies: the legal entities whose books are kept here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo
from zoneinfo import available_timezones

from babel import Locale
from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ids import next_id
from core.kernel.models import Company
from core.money import minor_digits
from core.prepared import Prepared


@dataclass(frozen=True)
class CompanyInfo:
    """A company as services and pages see it."""

    id: int
    code: str
    name: str
    country: str
    currency: str
    timezone: str


def create_company(
    session: Session, name: str, *, country: str, currency: str, timezone: str, code: str = ""
) -> CompanyInfo:
    """Store a company; the code, by default made from the name, is how commands call it.

    Raises: InputError for a country, currency or time zone that does not exist, Conflict.
    """
    checked = checked_company(name, country, currency, timezone)
    row = Company(
        id=next_id(session),
        code=code or _code(name),
        name=checked.name,
        country=checked.country,
        currency=checked.currency,
        timezone=checked.timezone,
        created_at=clock.now(),
    )
    if session.scalars(select(Company.id).where(Company.code == row.code)).first() is not None:
        raise Conflict(f"There is a company {row.code!r} already.", hint="Choose another name.")
    session.add(row)
    session.flush()
    return _info(row)


def checked_company(name: str, country: str, currency: str, timezone: str) -> CompanyInfo:
    """Return what is said of a company as it will be kept, without an id and a code.

    Raises: InputError for what does not exist.
    """
    if not name.strip():
        raise InputError("a company needs a name.", where="company")
    known = _country(country), _currency(currency), _timezone(timezone)
    return CompanyInfo(0, "", name.strip(), *known)


_BY_ID = Prepared(
    select(
        *(Company.id, Company.code, Company.name),
        *(Company.country, Company.currency, Company.timezone),
    ).where(Company.id == bindparam("company"))
)


def company_of(session: Session, company_id: int) -> CompanyInfo:
    """Return a company that is known to exist."""
    (row,) = _BY_ID.rows(session, company=company_id)
    return CompanyInfo(*row)


def today_in(timezone: str) -> date:
    """Return the day that it is in a time zone, such as a company's."""
    return clock.now().astimezone(ZoneInfo(timezone)).date()


def list_companies(session: Session) -> Sequence[CompanyInfo]:
    """Return all companies by code."""
    return [_info(row) for row in session.scalars(select(Company).order_by(Company.code))]


def find_company(session: Session, code: str | None = None) -> CompanyInfo:
    """Return the company of that code; without a code, the only one.

    Raises: NotFound, or InputError when there are several to choose from.
    """
    companies = list_companies(session)
    known = ", ".join(company.code for company in companies)
    if code is None and len(companies) == 1:
        return companies[0]
    if not companies:
        raise NotFound("There is no company yet.", hint="Run `entrepot init`.")
    if code is None:
        raise InputError(f"which company? There are {known}.", where="company")
    for company in companies:
        if company.code == code:
            return company
    raise NotFound(f"There is no company {code!r}.", hint=f"There are {known}.")


def _code(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "company"


def _country(value: str) -> str:
    territories = Locale("en").territories
    if re.fullmatch(r"[A-Z]{2}", value.upper()) and value.upper() in territories:
        return value.upper()
    raise InputError(
        f"{value!r} is not a country.", where="country", hint="Give two letters: GB, DE, CN."
    )


def _currency(value: str) -> str:
    minor_digits(value.upper())
    return value.upper()


def _timezone(value: str) -> str:
    if value in available_timezones():
        return value
    raise InputError(
        f"{value!r} is not a time zone.", where="timezone", hint="Write it like Europe/London."
    )


def _info(row: Company) -> CompanyInfo:
    return CompanyInfo(row.id, row.code, row.name, row.country, row.currency, row.timezone)
