"""Warehouses of a company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import NotFound
from core.ids import next_id
from core.kernel import hooks
from core.remembered import Remembered
from core.stock.models import Warehouse

OWN, THREE_PL, PLATFORM, TRANSIT = "own", "3pl", "platform", "transit"

ACCOUNTS = {OWN: "1300", THREE_PL: "1340", PLATFORM: "1330", TRANSIT: "1320"}
"""Where the value of goods lies by kind of warehouse, unless its provider says else."""

RESERVABLE = (OWN, THREE_PL)
"""Kinds whose goods we promise to orders: a platform sells from its own warehouse by itself."""

CONDITIONS = ("sellable", "damaged", "qc")


_SERVING = Remembered(
    sa.select(
        Warehouse.id,
        Warehouse.country,
        Warehouse.inventory_account,
        Warehouse.code,
        Warehouse.provider,
        Warehouse.kind,
        Warehouse.region,
    )
    .where(Warehouse.company_id == sa.bindparam("company"), Warehouse.kind != TRANSIT)
    .order_by(
        Warehouse.archived_at.is_not(None),
        sa.and_(*(Warehouse.kind != kind for kind in RESERVABLE)),
        Warehouse.created_at,
        Warehouse.id,
    ),
    ["stock_warehouse"],
    lambda rows: {row.id: WarehouseFacts(*row) for row in rows},
)
_IDS = Remembered(
    sa.select(Warehouse.code, Warehouse.id).where(Warehouse.company_id == sa.bindparam("company")),
    ["stock_warehouse"],
    dict,
)


@dataclass(frozen=True, slots=True)
class WarehouseFacts:
    """What the books need to know of a warehouse."""

    id: int
    country: str
    inventory_account: str
    code: str = ""
    provider: str = ""
    kind: str = OWN
    region: str = ""


def warehouses_of(session: Session, company_id: int) -> dict[int, WarehouseFacts]:
    """Return where a company's orders may be served from, by id; goods on their way cannot be.

    The oldest of those whose goods we promise comes first: it serves unless a rule says else.

    Raises: NotFound if the company has none.
    """
    found = _SERVING.of(session, company=company_id)
    if not found:
        raise NotFound("The company has no warehouse.", hint="Run `entrepot init` again.")
    return dict(found)


def warehouse_ids(session: Session, company_id: int) -> Mapping[str, int]:
    """Return the ids of all warehouses of a company by code."""
    return _IDS.of(session, company=company_id)


def platform_warehouse(session: Session, company_id: int, code: str) -> int:
    """Return the warehouse that stands for a platform's: the one named, else the only one.

    Raises: NotFound where there is none, or a choice.
    """
    query = sa.select(Warehouse.id, Warehouse.code).where(
        Warehouse.company_id == company_id,
        Warehouse.kind == PLATFORM,
        Warehouse.archived_at.is_(None),
    )
    known = {row.code: row.id for row in session.execute(query)}
    if code and code in known:
        return int(known[code])
    if not code and len(known) == 1:
        return int(next(iter(known.values())))
    raise NotFound(
        f"There is no warehouse {code!r} of a platform."
        if code
        else "Nothing says which warehouse stands for the platform's own.",
        hint="Name it in the connection's setting stored_in, or add it:"
        " `entrepot stock warehouse add CODE --kind platform`.",
    )


def reservable_warehouses(session: Session, warehouses: Mapping[int, WarehouseFacts]) -> list[int]:
    """Return the warehouses whose goods we may promise, the oldest first.

    A platform promises its own; a warehouse whose addon is disabled serves nobody.
    """
    if session.info.get("kernel") is None:
        return [facts.id for facts in warehouses.values() if facts.kind in RESERVABLE]
    offered = hooks.collect(session, "warehouse_providers")
    may = {provider.code for _, provider in offered if provider.can_reserve}
    return [
        facts.id
        for facts in warehouses.values()
        if facts.kind in RESERVABLE and facts.provider in may
    ]


def warehouse_by_code(session: Session, company_id: int, code: str) -> Warehouse | None:
    """Return a warehouse by its code, None if there is none."""
    query = sa.select(Warehouse).where(Warehouse.company_id == company_id, Warehouse.code == code)
    return session.scalars(query).one_or_none()


def make_warehouse(  # noqa: PLR0913 - a warehouse has so many columns
    session: Session,
    company_id: int,
    code: str,
    name: str,
    country: str,
    provider: str,
    inventory_account: str,
    kind: str = OWN,
    *,
    region: str = "",
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
        kind=kind,
        region=region,
    )
    session.add(warehouse)
    session.flush()
    return warehouse
