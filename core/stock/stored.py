"""How a batch asks for stock: for levels, layers, uses, shorts and promises."""

from __future__ import annotations

import sqlalchemy as sa

from core.prepared import Prepared
from core.prepared import among
from core.stock.models import Layer
from core.stock.models import LayerUse
from core.stock.models import Level
from core.stock.models import Reservation
from core.stock.models import Short

_COMPANY: sa.BindParameter[int] = sa.bindparam("company")
# Not a bound value: a plan for any value could not use the index of open rows.
_NONE = sa.literal_column("0", sa.BigInteger())

_LEVEL = (
    sa.select(Level.id, Level.sku_id, Level.on_hand, Level.reserved, Level.last_unit_cost)
    .where(
        Level.company_id == _COMPANY,
        Level.warehouse_id == sa.bindparam("warehouse"),
        Level.condition == sa.bindparam("condition"),
        Level.lot_id == 0,
        among(Level.sku_id, "skus"),
    )
    .order_by(Level.sku_id)
)
LEVELS = Prepared(_LEVEL.with_for_update())
LEVELS_ANYWHERE = Prepared(
    sa.select(
        Level.warehouse_id,
        Level.id,
        Level.sku_id,
        Level.on_hand,
        Level.reserved,
        Level.last_unit_cost,
    )
    .where(
        Level.company_id == _COMPANY,
        among(Level.warehouse_id, "warehouses"),
        Level.condition == sa.bindparam("condition"),
        Level.lot_id == 0,
        among(Level.sku_id, "skus"),
    )
    .order_by(Level.sku_id)
)

_LAYER = sa.select(
    Layer.id,
    Layer.level_id,
    Layer.root_id,
    Layer.document_id,
    Layer.received_at,
    Layer.quantity,
    Layer.value,
    Layer.remaining,
    Layer.remaining_value,
    Layer.first_leg,
    Layer.duty,
    Layer.other,
).where(Layer.company_id == _COMPANY)
_LAYERS_OF = _LAYER.where(among(Layer.level_id, "levels")).order_by(Layer.received_at, Layer.id)
ALL_LAYERS = Prepared(_LAYERS_OF)
OPEN_LAYERS = Prepared(_LAYERS_OF.where(Layer.remaining > _NONE))
LAYERS = Prepared(_LAYER.where(among(Layer.id, "layers")))

OPEN_SHORTS = Prepared(
    sa.select(
        Short.id,
        Short.level_id,
        Short.document_id,
        Short.line_id,
        Short.happened_at,
        Short.booked_on,
        Short.quantity,
        Short.value,
        Short.open_quantity,
        Short.open_value,
        Short.raw_row_id,
        Short.shop_id,
        Short.country,
        Short.order_id,
        Short.line_id,
        Level.sku_id,
        Level.warehouse_id,
    )
    .join(Level, (Level.company_id == Short.company_id) & (Level.id == Short.level_id))
    .where(
        Short.company_id == _COMPANY,
        among(Short.level_id, "levels"),
        Short.open_quantity > _NONE,
    )
    .order_by(Short.happened_at, Short.id)
)

_USE = (
    sa.select(
        LayerUse.id,
        LayerUse.layer_id,
        LayerUse.document_id,
        LayerUse.line_id,
        LayerUse.quantity,
        LayerUse.value,
        LayerUse.returned_quantity,
        LayerUse.returned_value,
        LayerUse.first_leg,
        LayerUse.duty,
        LayerUse.other,
    )
    .where(LayerUse.company_id == _COMPANY)
    .order_by(LayerUse.id)
)
USES = Prepared(_USE.where(among(LayerUse.line_id, "lines")))
TAKEN = Prepared(
    _USE.where(
        LayerUse.document_id == sa.bindparam("document"),
        LayerUse.line_id.is_(None),
        LayerUse.layer_id.in_(
            sa.select(Layer.id).where(Layer.company_id == _COMPANY, among(Layer.level_id, "levels"))
        ),
    )
)

_RESERVATION = (
    sa.select(
        Reservation.id,
        Reservation.line_id,
        Reservation.level_id,
        Reservation.quantity,
        Reservation.open_quantity,
        Reservation.short_quantity,
        Reservation.promised_at,
    )
    .where(Reservation.company_id == _COMPANY)
    .order_by(Reservation.id)
)
PROMISED_TO = Prepared(_RESERVATION.where(among(Reservation.line_id, "ids")))
PROMISED = Prepared(
    _RESERVATION.where(among(Reservation.level_id, "ids"), Reservation.open_quantity > _NONE)
)
WAITING = Prepared(
    _RESERVATION.where(among(Reservation.level_id, "ids"), Reservation.short_quantity > _NONE)
)
"""What some lines need, and of some levels what is promised and what is waited for."""
