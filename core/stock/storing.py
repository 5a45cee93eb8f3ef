"""Loading and writing the working copies of a stock batch, by sets."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import table_of
from core.db import utc_text
from core.errors import Conflict
from core.ids import next_ids
from core.ledger.journal import Dimensions
from core.prepared import Prepared
from core.prepared import Question
from core.rows import bulk_insert
from core.rows import bulk_update
from core.stock import stored
from core.stock.changes import are_followed
from core.stock.changes import note_changes
from core.stock.models import Layer
from core.stock.models import LayerUse
from core.stock.models import Level
from core.stock.models import Reservation
from core.stock.models import Short
from core.stock.states import Goods
from core.stock.states import Landed
from core.stock.states import LayerState
from core.stock.states import LevelState
from core.stock.states import ReservationState
from core.stock.states import ShortState
from core.stock.states import UseState

SELLABLE = "sellable"
_LEFT = ("remaining", "remaining_value")


def load_levels(
    session: Session,
    company_id: int,
    warehouse_id: int,
    sku_ids: Iterable[int],
    levels: dict[int, LevelState],
    condition: str = SELLABLE,
    *,
    make: bool = True,
    seen: Sequence[Any] | None = None,
) -> None:
    """Lock the levels of some SKUs in the order of their SKU; missing ones may be made.

    Those that were `seen` by `look_anywhere` stay unlocked.
    """
    wanted = sorted(set(sku_ids) - levels.keys())
    if not wanted:
        return
    named: dict[str, Any] = {
        "company": company_id,
        "warehouse": warehouse_id,
        "condition": condition,
    }
    if seen is None:
        # They are locked to be changed: what a change needs is asked before anything is written.
        are_followed(session, company_id)
    rows = stored.LEVELS.rows(session, **named, skus=wanted) if seen is None else seen
    if make and len(rows) < len(wanted):
        missing = sorted(set(wanted) - {row[1] for row in rows})
        _make_levels(session, company_id, warehouse_id, missing, condition)
        rows = stored.LEVELS.rows(session, **named, skus=wanted)
    for level_id, sku_id, on_hand, reserved, cost in rows:
        levels[sku_id] = LevelState(
            level_id, sku_id, on_hand, reserved, cost, on_hand, reserved, cost
        )


def look_anywhere(
    session: Session,
    company_id: int,
    warehouse_ids: Sequence[int],
    sku_ids: Iterable[int],
    condition: str = SELLABLE,
) -> dict[int, list[Any]]:
    """Return the levels of some SKUs by warehouse as they are now, locked by nobody."""
    query, values = asked_anywhere(company_id, warehouse_ids, sku_ids, condition)
    return answered_anywhere(query.rows(session, **values), warehouse_ids)


def asked_anywhere(
    company_id: int,
    warehouse_ids: Sequence[int],
    sku_ids: Iterable[int],
    condition: str = SELLABLE,
) -> Question:
    """Return the question of `look_anywhere`, to be asked with others."""
    named: dict[str, Any] = {"company": company_id, "condition": condition}
    places = {"warehouses": list(warehouse_ids), "skus": sorted(set(sku_ids))}
    return stored.LEVELS_ANYWHERE, named | places


def answered_anywhere(rows: Iterable[Any], warehouse_ids: Iterable[int]) -> dict[int, list[Any]]:
    """Return what was answered to `asked_anywhere`, by warehouse."""
    found: dict[int, list[Any]] = {warehouse_id: [] for warehouse_id in warehouse_ids}
    for warehouse_id, *level in rows:
        found[warehouse_id].append(level)
    return found


def _make_levels(
    session: Session, company_id: int, warehouse_id: int, sku_ids: list[int], condition: str
) -> None:
    rows = [
        {"c": company_id, "i": level_id, "w": warehouse_id, "s": sku_id, "k": condition}
        for level_id, sku_id in zip(next_ids(session, len(sku_ids)), sku_ids, strict=True)
    ]
    session.execute(
        sa.text(
            "INSERT INTO stock_level (company_id, id, warehouse_id, sku_id, condition, lot_id,"
            " on_hand, reserved, last_unit_cost, row_version)"
            " VALUES (:c, :i, :w, :s, :k, 0, 0, 0, 0, 1) ON CONFLICT DO NOTHING"
        ),
        rows,
    )


def load_goods(
    session: Session,
    company_id: int,
    levels: Iterable[LevelState],
    layers: dict[int, LayerState],
    *,
    empty: bool = False,
) -> list[ShortState]:
    """Load layers and open shorts of the locked levels whose goods nobody asked for yet.

    Layers of which nothing is left are loaded where they are wanted too.
    """
    unread = {level.id: level for level in levels if level.goods is None}
    if not unread:
        return []
    for level in unread.values():
        level.goods = Goods()
    named: dict[str, Any] = {"company": company_id, "levels": list(unread)}
    query = stored.ALL_LAYERS if empty else stored.OPEN_LAYERS
    for row in query.rows(session, **named):
        layer = _layer(row, unread)
        layers[layer.id] = layer
        layer.level.layers.append(layer)
    shorts = []
    for row in stored.OPEN_SHORTS.rows(session, **named):
        short = ShortState(row[0], unread[row[1]], *(*row[2:11], Dimensions(*row[11:])))
        short.level.shorts.append(short)
        shorts.append(short)
    return shorts


def _layer(row: Any, levels: Mapping[int, LevelState]) -> LayerState:
    new_id, level, root, document, at, quantity, value, left, left_value, *landed = row
    return LayerState(
        new_id, levels[level], root, document, at, quantity, value, left, left_value,
        Landed(*landed),
    )  # fmt: skip


def load_uses(
    session: Session,
    company_id: int,
    line_ids: Iterable[int],
    levels: Mapping[int, LevelState],
    layers: dict[int, LayerState],
) -> list[UseState]:
    """Load what some lines used, with the layers that it came from, first use first."""
    wanted = list(line_ids)
    if not wanted:
        return []
    rows = stored.USES.rows(session, company=company_id, lines=wanted)
    return _with_layers(session, company_id, rows, levels, layers)


def load_taken(
    session: Session,
    company_id: int,
    document_id: int,
    levels: Mapping[int, LevelState],
    layers: dict[int, LayerState],
) -> list[UseState]:
    """Load what an event took off locked levels for no line, first use first."""
    named: dict[str, Any] = {"company": company_id, "document": document_id}
    rows = stored.TAKEN.rows(session, **named, levels=list(levels))
    return _with_layers(session, company_id, rows, levels, layers)


def _with_layers(
    session: Session,
    company_id: int,
    rows: Sequence[Any],
    levels: Mapping[int, LevelState],
    layers: dict[int, LayerState],
) -> list[UseState]:
    exhausted = sorted({row.layer_id for row in rows} - layers.keys())
    named: dict[str, Any] = {"company": company_id, "layers": exhausted}
    for row in stored.LAYERS.rows(session, **named) if exhausted else ():
        if row[1] in levels:
            layers[row[0]] = _layer(row, levels)
    return [_use(row, layers) for row in rows if row[1] in layers]


def _use(row: Any, layers: Mapping[int, LayerState]) -> UseState:
    new_id, layer, document, line, quantity, value, back, back_value, *landed = row
    return UseState(
        new_id, layers[layer], document, line, quantity, value, back, back_value, Landed(*landed)
    )


def write_levels(session: Session, company_id: int, levels: Iterable[LevelState]) -> None:
    """Write the levels by one guarded statement, in the order of their SKU.

    Raises: Conflict if a level would promise more than lies there.
    """
    changed = [
        level
        for level in sorted(levels, key=lambda level: level.sku_id)
        if (level.on_hand, level.reserved, level.last_unit_cost)
        != (level.was_on_hand, level.was_reserved, level.was_unit_cost)
    ]
    rows = [
        (
            company_id,
            level.id,
            level.on_hand - level.was_on_hand,
            level.reserved - level.was_reserved,
            level.last_unit_cost,
        )
        for level in changed
    ]
    note_changes(session, company_id, [level.sku_id for level in changed])
    bulk_update(
        session,
        table_of(Level),
        ["company_id", "id", "on_hand", "reserved", "last_unit_cost"],
        rows,
        assign=(
            "on_hand = on_hand + {on_hand}, reserved = reserved + {reserved},"
            " last_unit_cost = {last_unit_cost}, row_version = row_version + 1"
        ),
        guard="AND reserved + {reserved} BETWEEN 0 AND on_hand + {on_hand}",
        refused=_changed_meanwhile,
    )


def _changed_meanwhile(levels: int) -> Conflict:
    return Conflict(
        f"{levels} stock levels changed while they were being reserved.",
        hint="Nothing was changed; try again.",
    )


def write_layers(session: Session, company_id: int, layers: Iterable[LayerState]) -> None:
    """Write new layers, and what is left of the ones that were used."""
    changed = [layer for layer in layers if layer.new or layer.dirty]
    columns = (
        "company_id id level_id root_id document_id received_at quantity value remaining"
        " remaining_value first_leg duty other"
    )
    new = [
        (company_id, layer.id, layer.level.id, layer.root_id, layer.document_id)
        + (utc_text(layer.received_at), layer.quantity, layer.value)
        + (layer.remaining, layer.remaining_value, *layer.landed)
        for layer in changed
        if layer.new
    ]
    bulk_insert(session, table_of(Layer), columns.split(), new)
    used = [
        (company_id, layer.id, layer.quantity, layer.value)
        + (layer.remaining, layer.remaining_value, *layer.landed)
        for layer in changed
        if not layer.new
    ]
    bulk_update(
        session,
        table_of(Layer),
        ["company_id", "id", "quantity", "value", *_LEFT, *Landed._fields],
        used,
        assign=", ".join(
            f"{name} = {{{name}}}" for name in ("quantity", "value", *_LEFT, *Landed._fields)
        ),
    )


def write_uses(session: Session, company_id: int, uses: Iterable[list[UseState]]) -> None:
    """Write new uses, and what came back of earlier ones."""
    new: list[tuple[int | None, ...]] = []
    returned: list[tuple[int, ...]] = []
    for use in chain.from_iterable(uses):
        if use.new:
            new.append(
                (company_id, use.id, use.layer.id, use.document_id, use.line_id, use.quantity)
                + (use.value, use.returned_quantity, use.returned_value, *use.landed)
            )
        elif use.dirty:
            returned.append(
                (company_id, use.id, use.returned_quantity, use.returned_value, *use.landed)
            )
    columns = ["returned_quantity", "returned_value", *Landed._fields]
    bulk_insert(
        session,
        table_of(LayerUse),
        ["company_id", "id", "layer_id", "document_id", "line_id", "quantity", "value", *columns],
        new,
    )
    bulk_update(
        session,
        table_of(LayerUse),
        ["company_id", "id", *columns],
        returned,
        assign=", ".join(f"{name} = {{{name}}}" for name in columns),
    )


def write_shorts(session: Session, company_id: int, shorts: Iterable[list[ShortState]]) -> None:
    """Write new shorts, and what is still open of earlier ones."""
    every = list(chain.from_iterable(shorts))
    columns = (
        "company_id id level_id document_id line_id happened_at booked_on quantity value"
        " open_quantity open_value raw_row_id shop_id country order_id"
    )
    new = [
        (company_id, short.id, short.level.id, short.document_id, short.line_id)
        + (utc_text(short.happened_at), short.booked_on.isoformat(), short.quantity)
        + (short.value,)
        + (short.open_quantity, short.open_value, short.raw_row_id)
        + short.dimensions[:3]
        for short in every
        if short.new
    ]
    bulk_insert(session, table_of(Short), columns.split(), new)
    closed = [
        (company_id, short.id, short.open_quantity, short.open_value)
        for short in every
        if short.dirty and not short.new
    ]
    bulk_update(
        session,
        table_of(Short),
        ["company_id", "id", "open_quantity", "open_value"],
        closed,
        assign="open_quantity = {open_quantity}, open_value = {open_value}",
    )


def load_reservations(
    session: Session,
    company_id: int,
    levels: Mapping[int, LevelState],
    query: Prepared,
    ids: Sequence[int],
) -> Iterator[ReservationState]:
    """Load the promises of locked levels by one of the queries below, in the order of their ids."""
    for row in query.rows(session, company=company_id, ids=ids):
        if row.level_id in levels:
            yield ReservationState(row[0], row[1], levels[row[2]], *row[3:])


def write_reservations(
    session: Session, company_id: int, reservations: Iterable[ReservationState]
) -> None:
    """Write new promises, and what has become of earlier ones."""
    new: list[tuple[object, ...]] = []
    changed: list[tuple[int, ...]] = []
    for r in reservations:
        if r.new:
            at = utc_text(r.promised_at) if r.promised_at else None
            new.append(
                (company_id, r.id, r.line_id, r.level.id, r.quantity)
                + (r.open_quantity, r.short_quantity, at)
            )
        elif r.dirty:
            changed.append((company_id, r.id, r.quantity, r.open_quantity, r.short_quantity))
    columns = "company_id id line_id level_id quantity open_quantity short_quantity promised_at"
    bulk_insert(session, table_of(Reservation), columns.split(), new)
    bulk_update(
        session,
        table_of(Reservation),
        ["company_id", "id", "quantity", "open_quantity", "short_quantity"],
        changed,
        assign=(
            "quantity = {quantity}, open_quantity = {open_quantity},"
            " short_quantity = {short_quantity}"
        ),
    )
