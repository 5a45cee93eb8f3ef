"""How a company works out what goods cost: first in first out, or a moving average."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import InputError
from core.kernel.models import Company
from core.stock.models import Layer

FIFO, AVERAGE = "fifo", "average"
METHODS = (FIFO, AVERAGE)
FREEZE, REPLAY = BACKDATINGS = ("freeze", "replay")
"""What a receipt told of late does to what left since: nothing, or its cost is worked out again."""
_KNOWN = "costing methods"


def method_of(session: Session, company_id: int) -> str:
    """Return how a company's goods are costed; a session asks once."""
    known: dict[int, str] = session.info.setdefault(_KNOWN, {})
    if company_id not in known:
        query = sa.select(Company.costing_method).where(Company.id == company_id)
        known[company_id] = session.scalars(query).one()
    return known[company_id]


def is_average(session: Session, company_id: int) -> bool:
    """Say whether a company's goods cost their moving average by SKU and warehouse."""
    return method_of(session, company_id) == AVERAGE


def choose_method(session: Session, company_id: int, method: str) -> None:
    """Choose how goods are costed; the choice stands once goods have come in.

    Raises: InputError for an unknown method, Conflict if there are goods already.
    """
    if method not in METHODS:
        raise InputError(
            f"{method!r} is no way of costing.",
            where="method",
            hint=f"Known: {', '.join(METHODS)}.",
        )
    company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
    if company.costing_method == method:
        return
    if session.scalar(sa.select(sa.exists().where(Layer.company_id == company_id))):
        raise Conflict(
            f"The goods of {company.code} are costed by {company.costing_method} already.",
            hint="Begin a company of its own for the other way: booked costs are never changed.",
        )
    company.costing_method = method
    session.info.pop(_KNOWN, None)
    session.flush()


def backdating_of(session: Session, company_id: int) -> str:
    """Return what a company does about receipts that are told of late."""
    return session.scalars(sa.select(Company.backdating).where(Company.id == company_id)).one()


def choose_backdating(session: Session, company_id: int, way: str) -> None:
    """Choose what receipts do from now on that are told of late.

    Raises: InputError for an unknown way.
    """
    if way not in BACKDATINGS:
        raise InputError(
            f"{way!r} is no way of dealing with late receipts.",
            where="way",
            hint=f"Known: {', '.join(BACKDATINGS)}.",
        )
    company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
    company.backdating = way
    session.flush()
