"""What addons may ask of stock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Sku
from core.channels.models import Shop
from core.db import Database
from core.kernel.models import Company
from core.orders.models import Order
from core.orders.models import OrderLine
from core.stock.models import Level
from core.stock.models import Reservation
from core.stock.models import Warehouse
from core.stock.queries import default_warehouses
from core.stock.queries import open_reservations
from core.testkit.factories import make_row


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    database = Database(database_url)
    with database.write() as session:
        yield session
    database.dispose()


def warehouse(session: Session, company: Company, provider: str, *, days_old: int = 0) -> int:
    created_at = clock.now() - timedelta(days=days_old)
    made = make_row(
        session, Warehouse, company_id=company.id, provider=provider, created_at=created_at
    )
    return made.id


def reserve(session: Session, company: Company, warehouse_id: int, open_quantity: int) -> None:
    owner = {"company_id": company.id}
    shop = make_row(session, Shop, **owner)
    order = make_row(session, Order, **owner, shop_id=shop.id)
    line = make_row(session, OrderLine, **owner, order_id=order.id)
    sku = make_row(session, Sku, **owner)
    level = make_row(session, Level, **owner, warehouse_id=warehouse_id, sku_id=sku.id, on_hand=9)
    make_row(
        session,
        Reservation,
        **owner,
        line_id=line.id,
        level_id=level.id,
        quantity=5,
        open_quantity=open_quantity,
    )


def test_the_default_is_the_oldest_warehouse_of_the_provider(session: Session) -> None:
    one, two, three = (make_row(session, Company) for _ in range(3))
    warehouse(session, one, "own", days_old=1)
    oldest = warehouse(session, one, "own", days_old=3)
    warehouse(session, one, "own", days_old=2)
    warehouse(session, one, "other", days_old=9)
    only = warehouse(session, two, "own")
    warehouse(session, three, "other")

    found = default_warehouses(session, "own", {one.id, two.id, three.id})

    assert found == {one.id: oldest, two.id: only}
    assert default_warehouses(session, "own", {two.id}) == {two.id: only}
    assert default_warehouses(session, "own", set()) == {}


def test_of_two_made_at_once_the_first_id_is_the_default(session: Session) -> None:
    company = make_row(session, Company)
    at_once = clock.now()
    first, _ = (
        make_row(session, Warehouse, company_id=company.id, provider="own", created_at=at_once).id
        for _ in range(2)
    )

    assert default_warehouses(session, "own", {company.id}) == {company.id: first}


def test_only_open_reservations_in_the_providers_warehouses_count(session: Session) -> None:
    one, two = (make_row(session, Company) for _ in range(2))
    own, other = warehouse(session, one, "own"), warehouse(session, one, "other")
    theirs = warehouse(session, two, "own")
    for company, place, open_quantity in (
        (one, own, 5),
        (one, own, 1),
        (one, own, 0),
        (one, other, 5),
        (two, theirs, 2),
    ):
        reserve(session, company, place, open_quantity)

    assert open_reservations(session, "own") == 3
    assert open_reservations(session, "other") == 1
    assert open_reservations(session, "nobody") == 0
