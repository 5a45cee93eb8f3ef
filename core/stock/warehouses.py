"""Warehouses of a company."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import next_id
from core.errors import NotFound
from core.stock.models import Warehouse


def default_warehouse(session: Session, company_id: int) -> Warehouse:
    """Return the warehouse that serves a company's orders unless a rule says otherwise.

    Raises: NotFound if the company has none.
    """
    query = (
        sa.select(Warehouse)
        .where(Warehouse.company_id == company_id)
        .order_by(Warehouse.created_at, Warehouse.id)
        .limit(1)
    )
    warehouse = session.scalars(query).one_or_none()
    if warehouse is None:
        raise NotFound("The company has no warehouse.", hint="Run `entrepot init` again.")
    return warehouse


def warehouse_by_code(session: Session, company_id: int, code: str) -> Warehouse | None:
    """Return a warehouse by its code, None if there is none."""
    query = sa.select(Warehouse).where(Warehouse.company_id == company_id, Warehouse.code == code)
    return session.scalars(query).one_or_none()


def make_warehouse(
    session: Session,
    company_id: int,
    code: str,
    name: str,
    country: str,
    provider: str,
    inventory_account: str,
) -> Warehouse:
    """Add a warehouse."""
    warehouse = Warehouse(
        company_id=company_id,
        id=next_id(session),
        code=code,
        name=name,
        country=country,
        provider=provider,
        inventory_account=inventory_account,
        created_at=clock.now(),
    )
    session.add(warehouse)
    session.flush()
    return warehouse
