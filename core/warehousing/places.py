"""Warehouses as they are added and listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.stock.models import Level
from core.stock.models import Warehouse
from core.stock.warehouses import ACCOUNTS
from core.stock.warehouses import RESERVABLE
from core.stock.warehouses import TRANSIT
from core.stock.warehouses import make_warehouse
from core.tax.areas import region_code
from core.warehousing.floor import warehouse_named
from core.warehousing.timeline import note


@dataclass(frozen=True, slots=True)
class Place:
    """A warehouse with what lies in it."""

    code: str
    name: str
    kind: str
    country: str
    provider: str
    inventory_account: str
    skus: int
    on_hand: int
    reserved: int
    archived: bool


def add_warehouse(  # noqa: PLR0913 - a warehouse has so many columns
    session: Session,
    company_id: int,
    code: str,
    kind: str,
    country: str,
    *,
    name: str = "",
    provider: str | None = None,
    region: str = "",
    actor: str = "",
) -> Warehouse:
    """Add a warehouse of a kind; its goods stand on that kind's account of the chart.

    Raises: InputError for a kind, country or region that is not known, Conflict for a code that is
    taken.
    """
    if kind not in ACCOUNTS or kind == TRANSIT:
        kinds = ", ".join(each for each in ACCOUNTS if each != TRANSIT)
        raise InputError(
            f"{kind!r} is no kind of warehouse.", where="kind", hint=f"Known: {kinds}."
        )
    if not code.strip() or code != code.strip():
        raise InputError("give it a short name without spaces around it.", where="code")
    if len(country) != 2 or not country.isascii() or not country.isupper():
        raise InputError(f"{country!r} is no country.", where="country", hint="Such as GB or CN.")
    state = region_code(country, region)
    if region.strip() and not state:
        raise InputError(
            f"{region!r} is no region of {country}.", where="region", hint="Such as KA."
        )
    query = sa.select(Warehouse.id).where(
        Warehouse.company_id == company_id, Warehouse.code == code
    )
    if session.scalar(query) is not None:
        raise Conflict(f"There is a warehouse {code} already.")
    serves = provider if provider is not None else ("own_warehouse" if kind in RESERVABLE else "")
    made = make_warehouse(
        session, company_id, code, name or code, country, serves, ACCOUNTS[kind], kind, region=state
    )
    note(session, company_id, "warehouse", made.id, "added", actor, code=code, warehouse_kind=kind)
    return made


def archive_warehouse(session: Session, company_id: int, code: str, *, actor: str = "") -> None:
    """Take an empty warehouse out of use; its history stays.

    Raises: Conflict while goods lie there.
    """
    warehouse = warehouse_named(session, company_id, code)
    held = session.scalar(
        sa.select(Level.id).where(
            Level.company_id == company_id,
            Level.warehouse_id == warehouse.id,
            Level.on_hand > 0,
        )
    )
    if held is not None:
        raise Conflict(f"Goods lie in {code}.", hint="Transfer them first.")
    warehouse.archived_at = clock.now()
    warehouse.row_version += 1
    session.flush()
    note(session, company_id, "warehouse", warehouse.id, "archived", actor)


def open_places(session: Session, company_id: int) -> list[str]:
    """Return the codes of the warehouses in which goods can be taken, by code."""
    query = sa.select(Warehouse.code).where(
        Warehouse.company_id == company_id,
        Warehouse.kind != TRANSIT,
        Warehouse.archived_at.is_(None),
    )
    return list(session.scalars(query.order_by(Warehouse.code)))


def place_named(session: Session, company_id: int, code: str) -> Place:
    """Return a warehouse with what lies in it.

    Raises: NotFound.
    """
    found = next((p for p in list_warehouses(session, company_id) if p.code == code), None)
    if found is None:
        raise NotFound(f"There is no warehouse {code!r}.")
    return found


def list_warehouses(session: Session, company_id: int) -> Sequence[Place]:
    """Return the warehouses of a company with what lies in each."""
    held = (
        sa.select(
            Level.warehouse_id,
            sa.cast(sa.func.count(sa.distinct(Level.sku_id)), sa.BigInteger).label("skus"),
            sa.cast(sa.func.sum(Level.on_hand), sa.BigInteger).label("on_hand"),
            sa.cast(sa.func.sum(Level.reserved), sa.BigInteger).label("reserved"),
        )
        .where(Level.company_id == company_id, Level.on_hand > 0)
        .group_by(Level.warehouse_id)
        .subquery()
    )
    query = (
        sa.select(
            Warehouse.code,
            Warehouse.name,
            Warehouse.kind,
            Warehouse.country,
            Warehouse.provider,
            Warehouse.inventory_account,
            sa.func.coalesce(held.c.skus, 0),
            sa.func.coalesce(held.c.on_hand, 0),
            sa.func.coalesce(held.c.reserved, 0),
            Warehouse.archived_at.is_not(None),
        )
        .outerjoin(held, held.c.warehouse_id == Warehouse.id)
        .where(Warehouse.company_id == company_id)
    )
    places = [Place(*row) for row in session.execute(query)]
    return sorted(places, key=lambda place: (place.archived, place.code))
