"""Saying what a code means: the company's own word, kept for good, the last one holds."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import InputError
from core.fees.dictionary import LEVELS
from core.fees.dictionary import Category
from core.fees.dictionary import FeeCode
from core.fees.models import Meaning
from core.identity.actor import current_actor
from core.identity.audit import audit
from core.ids import next_id
from core.ledger.chart import require_accounts

SUSPENSE = "1590"

_CATEGORIES = {
    "1060": Category.TRANSFER,
    "1220": Category.CARRY,
    "1225": Category.RESERVE,
    "2310": Category.WITHHELD,
}
"""What an amount is by the account that it is booked on, beside fees and other amounts."""

CHOOSABLE = (Category.FEE, Category.OTHER, Category.SALE, Category.SALE_TAX, Category.REFUND)
"""What a person may say that a code is; else the account decides."""


def map_code(
    session: Session,
    company_id: int,
    platform: str,
    code: FeeCode,
    account: str,
    *,
    category: str = "",
    level: str = "order",
    since: date = date.min,
) -> int:
    """Keep what a code means to a company and return the version of its dictionary.

    Raises: InputError for an account that the chart does not have, or a word that is not known.
    """
    require_accounts(session, company_id, [account])
    if account == SUSPENSE:
        raise InputError("Suspense is where the code stands already.", where="account")
    if level not in LEVELS:
        raise InputError(
            f"{level!r} is no level.", where="level", hint=f"Choose of {', '.join(sorted(LEVELS))}."
        )
    version = 1 + (
        session.scalar(
            sa.select(sa.func.max(Meaning.version)).where(
                Meaning.company_id == company_id, Meaning.platform == platform
            )
        )
        or 0
    )
    said = Meaning(
        company_id=company_id,
        id=next_id(session),
        platform=platform,
        version=version,
        kind=code.kind,
        code_group=code.group,
        name=code.name,
        category=str(_category(category, account)),
        account=account,
        level=level,
        since=since,
        made_by=current_actor().name,
        made_at=clock.now(),
    )
    session.add(said)
    session.flush()
    after = {"code": " / ".join(code), "account": account, "category": said.category}
    audit(session, "fee.mapped", f"{platform}:{version}", after=after, company_id=company_id)
    return version


def _category(said: str, account: str) -> Category:
    if said:
        if said not in CHOOSABLE:
            raise InputError(
                f"{said!r} is no kind of amount.",
                where="category",
                hint=f"Choose of {', '.join(CHOOSABLE)}.",
            )
        return Category(said)
    return _CATEGORIES.get(account, Category.FEE if account >= "5" else Category.OTHER)
