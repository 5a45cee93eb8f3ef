"""How batches ask for the rows to book, for the orders, lines and estimates that they concern, and
for what keeps an order from being settled.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.fees.estimating import BOUGHT
from core.fees.finality import PARTLY
from core.fees.models import Estimate
from core.fees.models import Finality
from core.ledger.models import Item
from core.orders.models import Order
from core.orders.models import OrderLine
from core.prepared import Prepared
from core.prepared import among
from core.settlements.models import Booking
from core.settlements.models import StatementRow
from core.tax.models import Decision

_COMPANY: sa.BindParameter[int] = sa.bindparam("company")

ORDERS = Prepared(
    sa.select(Order.id, Order.external_ref, Order.shop_id, Order.country).where(
        Order.company_id == _COMPANY,
        Order.platform == sa.bindparam("platform"),
        Order.account == sa.bindparam("account"),
        # What is owed in one currency cannot be settled in another.
        Order.currency == sa.bindparam("currency"),
        among(Order.external_ref, "refs"),
    )
)

PARTS = Prepared(
    sa.select(Order.id, Order.platform, Order.account, Order.external_ref, Order.origin_id)
    .where(Order.company_id == _COMPANY, among(Order.origin_id, "orders"))
    .order_by(Order.id)
)

LINES = Prepared(
    sa.select(
        OrderLine.id,
        OrderLine.order_id,
        OrderLine.external_ref,
        OrderLine.code,
        OrderLine.kind,
        OrderLine.sku_id,
        OrderLine.tax_amount,
        Decision.account.label("tax_account"),
    )
    .outerjoin(
        Decision,
        (Decision.company_id == OrderLine.company_id) & (Decision.id == OrderLine.decision_id),
    )
    .where(OrderLine.company_id == _COMPANY, among(OrderLine.order_id, "orders"))
    .order_by(OrderLine.id)
)

ESTIMATES = Prepared(
    sa.select(
        Estimate.id,
        Estimate.order_id,
        Estimate.line_id,
        Estimate.account,
        Estimate.estimator,
        Estimate.estimated_amount,
        Estimate.reversed_amount,
        Estimate.open_amount,
        Estimate.actual_amount,
        OrderLine.sku_id,
        OrderLine.kind,
    )
    .join(
        OrderLine,
        (OrderLine.company_id == Estimate.company_id) & (OrderLine.id == Estimate.line_id),
    )
    .where(Estimate.company_id == _COMPANY, among(Estimate.order_id, "orders"))
    .order_by(Estimate.id)
)

JUDGED = (
    StatementRow.id,
    StatementRow.fingerprint,
    StatementRow.occurrence,
    StatementRow.kind,
    StatementRow.code_group,
    StatementRow.name,
    StatementRow.amount,
    StatementRow.posted_on,
    StatementRow.order_ref,
    StatementRow.item_ref,
    StatementRow.sku,
    StatementRow.marketplace,
    StatementRow.deferred,
)
"""What a row is judged by."""

_UNBOOKED = (
    sa.select(*JUDGED)
    .outerjoin(
        Booking,
        (Booking.company_id == StatementRow.company_id) & (Booking.id == StatementRow.id),
    )
    .where(
        StatementRow.company_id == _COMPANY,
        StatementRow.statement_id == sa.bindparam("statement"),
        Booking.id.is_(None),
    )
    .order_by(StatementRow.order_ref, StatementRow.id)
)
NEXT_ROWS = Prepared(
    _UNBOOKED.where(
        sa.tuple_(StatementRow.order_ref, StatementRow.id)
        > sa.tuple_(sa.bindparam("ref"), sa.bindparam("behind"))
    ).limit(sa.bindparam("count", type_=sa.BigInteger()))
)
REST_OF_ORDER = Prepared(
    _UNBOOKED.where(
        StatementRow.order_ref == sa.bindparam("ref"), StatementRow.id > sa.bindparam("behind")
    )
)
"""The rows of a statement that are not booked yet, order by order."""

PARTLY_SETTLED = Prepared(
    sa.select(Finality.id)
    .where(
        Finality.company_id == _COMPANY,
        Finality.state == sa.literal_column(str(PARTLY), sa.BigInteger()),
        Finality.id > sa.bindparam("behind"),
    )
    .order_by(Finality.id)
    .limit(sa.bindparam("count", type_=sa.BigInteger()))
)
OWN_KEYS = Prepared(
    sa.select(Order.id.label("origin_id"), Order.platform, Order.account, Order.external_ref).where(
        Order.company_id == _COMPANY, among(Order.id, "orders")
    )
)
OWED = Prepared(
    sa.select(Item.natural_key).where(
        Item.company_id == _COMPANY,
        Item.account_id == sa.bindparam("account"),
        among(Item.natural_key, "keys"),
        Item.open_amount != 0,
    )
)
ACCRUED = Prepared(
    sa.select(Estimate.order_id)
    .where(
        Estimate.company_id == _COMPANY,
        among(Estimate.order_id, "orders"),
        Estimate.open_amount != 0,
        # Who sends the goods is paid by his own bill, not by the platform.
        Estimate.account.not_like("61%") | (Estimate.estimator == BOUGHT),
    )
    .distinct()
)
"""What keeps an order from being settled: what is owed for it, and fees that are to come."""
