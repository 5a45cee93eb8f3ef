"""Bundles: SKUs that are sold as one and lie in stock as their components."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Component
from core.catalog.services import skus_by_code
from core.db import any_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ids import next_ids
from core.prepared import Prepared
from core.prepared import Question
from core.prepared import among

Parts = tuple[tuple[int, int], ...]
"""What one unit is made of: SKUs with their quantities."""

_PARTS = Prepared(
    sa.select(Component.bundle_id, Component.component_id, Component.quantity)
    .where(Component.company_id == sa.bindparam("company"), among(Component.bundle_id, "bundles"))
    .order_by(Component.component_id)
)


def parts_of(session: Session, company_id: int, sku_ids: Collection[int]) -> dict[int, Parts]:
    """Return what each SKU is made of; one that is no bundle is made of itself."""
    query, values = asked_parts(company_id, sku_ids)
    return answered_parts(query.rows(session, **values), sku_ids)


def asked_parts(company_id: int, sku_ids: Collection[int]) -> Question:
    """Return the question what some SKUs are made of, to be asked with others."""
    return _PARTS, {"company": company_id, "bundles": sorted(set(sku_ids))}


def answered_parts(rows: Iterable[Any], sku_ids: Collection[int]) -> dict[int, Parts]:
    """Return what was answered to `asked_parts`."""
    bundles: dict[int, list[tuple[int, int]]] = {}
    for bundle_id, component_id, quantity in rows:
        bundles.setdefault(bundle_id, []).append((component_id, quantity))
    return {sku_id: tuple(bundles.get(sku_id, ((sku_id, 1),))) for sku_id in sku_ids}


def set_components(
    session: Session,
    company_id: int,
    bundle: str,
    components: Mapping[str, int],
    prices: Mapping[str, int] | None = None,
) -> None:
    """Say what a SKU is made of; with no components it is no bundle any more.

    `prices` are what a unit of each sells for by itself, in minor units: what a bundle earned is
    split by them. What is promised already stays promised. Raises: NotFound for an unknown SKU,
    InputError for a quantity that is not positive, Conflict for a bundle within a bundle.
    """
    ids = skus_by_code(session, company_id, [bundle, *components])
    if unknown := [code for code in (bundle, *components) if code not in ids]:
        raise NotFound(f"There is no SKU {unknown[0]!r}.", hint="Make it, or correct its code.")
    if wrong := [code for code, quantity in components.items() if quantity <= 0]:
        raise InputError(
            f"{components[wrong[0]]} of {wrong[0]} cannot be in a bundle.", where="quantity"
        )
    if prices and min(prices.values()) < 0:
        raise InputError("a price cannot be negative.", where="price")
    _refuse_nesting(session, company_id, ids[bundle], {ids[code] for code in components})
    session.execute(
        sa.delete(Component).where(
            Component.company_id == company_id, Component.bundle_id == ids[bundle]
        )
    )
    session.add_all(
        Component(
            company_id=company_id,
            id=new_id,
            bundle_id=ids[bundle],
            component_id=ids[code],
            quantity=quantity,
            price=(prices or {}).get(code, 0),
        )
        for new_id, (code, quantity) in zip(
            next_ids(session, len(components)), components.items(), strict=True
        )
    )
    session.flush()


def _refuse_nesting(session: Session, company_id: int, bundle: int, parts: set[int]) -> None:
    inside = sa.or_(
        any_of(session, Component.bundle_id, sorted(parts)),
        Component.component_id == bundle if parts else sa.false(),
    )
    query = sa.select(Component.id).where(Component.company_id == company_id, inside).limit(1)
    if bundle in parts or session.execute(query).first() is not None:
        raise Conflict(
            "A bundle cannot be part of a bundle.", hint="Name the components themselves."
        )
