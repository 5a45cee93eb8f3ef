"""Goods that can no longer be sold for what they cost: lowered to what they still bring (IAS 2)."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import InputError
from core.stock.models import Level
from core.warehousing.floor import Floor
from core.warehousing.floor import Spot
from core.warehousing.floor import require_new
from core.warehousing.floor import skus_named
from core.warehousing.handling import Act
from core.warehousing.handling import Handled
from core.warehousing.timeline import note

WRITE_DOWN, WRITTEN_DOWN = "write_down", "5140"
"""The kind of the document, and the account that bears the loss."""


def write_down(session: Session, company_id: int, sku: str, unit_value: int, act: Act) -> Handled:
    """Lower the value of all units of a SKU on hand to `unit_value` millionths each.

    Layers that are worth less stay as they are. Returns the units on hand and by how much their
    value fell, in minor units.

    Raises: InputError for a negative value, NotFound, Conflict if nothing is worth more.
    """
    if unit_value < 0:
        raise InputError("it must not be negative.", where="unit value")
    sku_id = skus_named(session, company_id, [sku])[sku]
    spots = _where(session, company_id, sku_id)
    act_key = act.key or uuid4().hex
    keys = {spot: f"{act_key}/{spot.warehouse_id}/{spot.condition}" for spot in spots}
    for key in keys.values():
        require_new(session, company_id, WRITE_DOWN, key)
    floor = Floor(session, company_id, act.at)
    floor.lock(dict.fromkeys(spots, [sku_id]))
    quantity = value = document_id = 0
    for spot in spots:
        fallen = floor.at_spot(spot).write_down(sku_id, unit_value)
        if fallen:
            event = floor.document(spot, WRITE_DOWN, keys[spot])
            entry = floor.entry(event, WRITE_DOWN, act.text or f"{sku} written down")
            entry.add(floor.account(spot), -fallen, floor.where(spot, sku_id))
            entry.add(WRITTEN_DOWN, fallen, floor.where(spot, sku_id))
            document_id, value = event.id, value + fallen
        quantity += floor.at_spot(spot).on_hand(sku_id)
    if not value:
        raise Conflict(f"No unit of {sku} on hand is worth more than that.")
    floor.write()
    facts: dict[str, object] = {"value": value, "quantity": quantity, "text": act.text}
    note(session, company_id, "sku", sku_id, "written_down", act.actor, **facts)
    return Handled(document_id, quantity, value)


def _where(session: Session, company_id: int, sku_id: int) -> list[Spot]:
    query = sa.select(Level.warehouse_id, Level.condition).where(
        Level.company_id == company_id, Level.sku_id == sku_id, Level.on_hand > 0
    )
    return sorted(Spot(*row) for row in session.execute(query))
