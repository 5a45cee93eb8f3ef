"""The order list finds its rows by indexes, and counts them without looking at them."""

from __future__ import annotations

import random
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.orm import Session

from core.orders.models import Order
from core.orders.queries import OrderFilter
from core.orders.queries import count_orders
from core.orders.queries import list_orders
from core.orders.queries import states_in_use
from core.orders.tallying import fold
from core.orders.tallying import numbers_by
from core.paging import Cursor
from tests.bench.million_orders import fill
from tests.world import World

NUMBER = 20_000
FILTERS = {
    "first page": OrderFilter(),
    "state": OrderFilter(state="allocated"),
    "kind": OrderFilter(kind="credit_note"),
    "country": OrderFilter(country="FR"),
    "attention": OrderFilter(attention=True),
    "number": OrderFilter(text="B-00012"),
    "state and country": OrderFilter(state="shipped", country="DE"),
    "few of many": OrderFilter(state="cancelled", kind="credit_note", country="US"),
}
MIDDLE = Cursor((datetime(2026, 3, 1, tzinfo=UTC), 10))


def plans(session: Session, narrow: OrderFilter, company_id: int, cursor: Cursor | None) -> str:
    """Return how the database finds the rows of a list."""
    statements: list[tuple[str, object]] = []

    def keep(
        _connection: Connection,
        _cursor: DBAPICursor,
        statement: str,
        parameters: object,
        *_: object,
    ) -> None:
        if "orders_order" in statement:
            statements.append((statement, parameters))

    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", keep)
    list_orders(session, company_id, narrow, cursor)
    sa.event.remove(connection, "before_cursor_execute", keep)
    word = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    found = [
        str(list(connection.exec_driver_sql(word + statement, parameters)))  # type: ignore[arg-type]
        for statement, parameters in statements
    ]
    return " ".join(found)


def test_no_filter_walks_through_all_orders(world: World) -> None:
    with world.kernel.db.write() as session:
        fill(session, world.company.id, NUMBER)
    with world.kernel.db.write() as session:
        session.execute(sa.text("ANALYZE"))

    with world.kernel.db.read() as session:
        for name, narrow in FILTERS.items():
            for cursor in (None, MIDDLE):
                plan = plans(session, narrow, world.company.id, cursor)
                assert "Seq Scan on orders_order" not in plan, name
                assert "SCAN orders_order'" not in plan, name
                assert "OFFSET" not in plan
                if name in ("state and country", "few of many"):
                    assert "USING COVERING INDEX" in plan or "Index Only Scan" in plan, plan


def test_counts_are_exact_while_orders_change(world: World) -> None:
    company, dice = world.company.id, random.Random(3)
    with world.kernel.db.write() as session:
        fill(session, company, 500)
    for _ in range(10):
        with world.kernel.db.write() as session:
            state, country = dice.choice(["shipped", "cancelled"]), dice.choice(["DE", "FR"])
            session.execute(
                sa.update(Order)
                .where(Order.country == country, Order.id % dice.randint(2, 9) == 0)
                .values(state=state, exception=dice.choice([None, "short"]))
                .execution_options(synchronize_session=False)
            )
    with world.kernel.db.write() as session:
        fold(session)

    with world.kernel.db.read() as session:
        for narrow in FILTERS.values():
            query = sa.select(sa.func.count()).select_from(Order)
            for name in ("kind", "state", "country"):
                if value := getattr(narrow, name):
                    query = query.where(getattr(Order, name) == value)
            if narrow.attention:
                query = query.where(Order.exception.is_not(None))
            if narrow.text:
                query = query.where(Order.external_ref.startswith(narrow.text))
            assert count_orders(session, company, narrow).number == session.scalar(query)
        kept = sorted(session.scalars(sa.select(Order.state).distinct()))
        assert list(states_in_use(session, company)) == kept
        assert sum(numbers_by(session, company, "country").values()) == 500
    assert not [fault for fault in world.broken() if "order list" in fault]


def test_a_month_without_orders_does_not_stop_the_list(world: World) -> None:
    with world.kernel.db.write() as session:
        fill(session, world.company.id, 200)
    far = Cursor((datetime(2030, 1, 1, tzinfo=UTC) + timedelta(days=1), 1))

    with world.kernel.db.read() as session:
        page = list_orders(session, world.company.id, OrderFilter(), far)

    assert len(page.rows) == 50
