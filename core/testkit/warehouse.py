"""What every warehouse provider must hold to; needs the fixture `database_url`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import get_args

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.channels.models import Shop
from core.errors import Veto
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel.kernel import Kernel
from core.kernel.models import Company
from core.orders.models import Order
from core.orders.models import OrderLine
from core.prepared import ASKED
from core.stock.models import Level
from core.stock.models import Reservation
from core.stock.models import Warehouse
from core.stock.provider import ProviderKind
from core.stock.provider import WarehouseProvider
from core.testkit.factories import make_row
from core.testkit.installed import InstalledAddon


@dataclass(frozen=True)
class _OrderRef:
    id: int
    company_id: int


class WarehouseContract(InstalledAddon):
    """Tests of a warehouse provider; a subclass names the addon and gives the provider."""

    @pytest.fixture
    def provider(self) -> WarehouseProvider:
        """Return the provider under test."""
        raise NotImplementedError

    def test_provider_says_what_it_is(self, provider: WarehouseProvider) -> None:
        """It bears its addon's name, since warehouses are found by that."""
        assert provider.code == self.addon
        assert provider.title.strip()
        assert provider.kind in get_args(ProviderKind)

    def test_goods_lie_on_an_inventory_account(self, provider: WarehouseProvider) -> None:
        """The account is one of stock in the shipped chart: 13 and two digits."""
        text = files("core.ledger").joinpath("chart.csv").read_text(encoding="utf-8")
        codes = {row["code"] for row in csv.DictReader(text.splitlines())}
        assert provider.inventory_account in {code for code in codes if code.startswith("13")}

    def test_a_platform_promises_its_stock_itself(self, provider: WarehouseProvider) -> None:
        """A marketplace sells from its own warehouse without asking us."""
        assert not (provider.kind == "platform" and provider.can_reserve)

    def test_the_enabled_addon_offers_the_provider(
        self, kernel: Kernel, provider: WarehouseProvider
    ) -> None:
        """It is collected once, under the addon's name."""
        offers = hooks.collect(kernel, "warehouse_providers")
        assert [(name, each.code) for name, each in offers] == [(self.addon, provider.code)]

    def test_orders_go_to_warehouses_of_their_company_and_provider(self, kernel: Kernel) -> None:
        """What is routed goes to a warehouse that the provider serves for that very company."""
        with kernel.db.write() as session:
            served = {self._warehouse(session, self.addon) for _ in range(2)}
            foreign = self._warehouse(session, "somebody_else")
            companies = [company for company, _ in [*sorted(served), foreign]]
            orders = [_OrderRef(n, company) for n, company in enumerate(companies * 2)]

            routed = self._route(session, orders)

        assert set(routed) <= {order.id for order in orders}
        assert {(companies[key % 3], warehouse) for key, warehouse in routed.items()} <= served

    def test_nothing_to_route_is_no_error(self, kernel: Kernel) -> None:
        """An empty batch gets no answer, or an empty one."""
        with kernel.db.write() as session:
            assert not self._route(session, [])

    def test_the_same_orders_get_the_same_warehouses(self, kernel: Kernel) -> None:
        """Asked again, in another order and one by one, it says the same, and it writes nothing."""
        with kernel.db.write() as session:
            companies = [self._warehouse(session, self.addon)[0] for _ in range(3)]
            self._second_warehouses(session, companies)
        orders = [_OrderRef(n, company) for n, company in enumerate(companies * 2)]
        # A session that cannot write: an answer is no reason to change anything.
        with kernel.db.read() as session:
            routed = dict(self._route(session, orders))
            assert dict(self._route(session, orders[::-1])) == routed
            alone = [self._route(session, [order]) for order in orders]
        assert {key: value for each in alone for key, value in each.items()} == routed

    def test_many_orders_cost_no_more_questions_than_one(self, kernel: Kernel) -> None:
        """It asks the database about all orders of a batch at once: batches have thousands."""
        with kernel.db.write() as session:
            companies = [self._warehouse(session, self.addon)[0] for _ in range(3)]
        orders = [_OrderRef(n, companies[n % 3]) for n in range(60)]
        with kernel.db.read() as session:
            few, many = (self._questions(session, batch) for batch in (orders[:3], orders))
        assert many <= few

    def test_goods_that_are_promised_keep_the_addon_enabled(
        self, kernel: Kernel, provider: WarehouseProvider
    ) -> None:
        """Disabling is refused with the number of promises, until the last one is kept."""
        if not provider.can_reserve:
            pytest.skip("nothing is ever promised from these warehouses")
        with kernel.db.write() as session:
            promises = [self._promise(session, self.addon) for _ in range(3)]
        with pytest.raises(Veto, match=rf"{self.addon}.*\b3\b"):
            lifecycle.disable(kernel, self.addon)
        assert self.addon in kernel.enabled

        with kernel.db.write() as session:
            for promise in promises:
                session.merge(promise).open_quantity = 0
        assert lifecycle.disable(kernel, self.addon) == [self.addon]

    def test_what_others_promised_is_not_its_concern(self, kernel: Kernel) -> None:
        """Promises in other warehouses, and the disabling of other addons, pass."""
        with kernel.db.write() as session:
            self._promise(session, self.addon)
            hooks.check(session, "addon_before_disable", addon="somebody_else")
            session.rollback()
            self._promise(session, "somebody_else")
        assert lifecycle.disable(kernel, self.addon) == [self.addon]

    def _route(self, session: Session, orders: list[_OrderRef]) -> Mapping[int, int]:
        return hooks.resolve(session, "warehouse_for_orders", orders=orders, default=None) or {}

    def _questions(self, session: Session, orders: list[_OrderRef]) -> int:
        asked = session.info[ASKED] = list[str]()

        def count(_connection: object, _cursor: object, text: str, *_more: object) -> None:
            asked.append(text)

        connection = session.connection()
        sa.event.listen(connection, "before_cursor_execute", count)
        try:
            self._route(session, orders)
        finally:
            sa.event.remove(connection, "before_cursor_execute", count)
            del session.info[ASKED]
        return len(asked)

    def _second_warehouses(self, session: Session, companies: list[int]) -> None:
        """Give each company another warehouse of the provider, and one of somebody else."""
        for company in companies:
            for provider in (self.addon, "somebody_else"):
                make_row(session, Warehouse, company_id=company, provider=provider, country="GB")

    def _warehouse(self, session: Session, provider: str) -> tuple[int, int]:
        """Return a new company and a new warehouse of it."""
        company = make_row(session, Company, currency="GBP", country="GB").id
        made = make_row(session, Warehouse, company_id=company, provider=provider, country="GB")
        return company, made.id

    def _promise(self, session: Session, provider: str) -> Reservation:
        company, warehouse = self._warehouse(session, provider)
        shop = make_row(session, Shop, company_id=company)
        order = make_row(session, Order, company_id=company, shop_id=shop.id)
        line = make_row(session, OrderLine, company_id=company, order_id=order.id)
        level = make_row(
            session,
            Level,
            company_id=company,
            warehouse_id=warehouse,
            sku_id=make_row(session, Sku, company_id=company).id,
            on_hand=2,
            reserved=2,
        )
        return make_row(
            session,
            Reservation,
            company_id=company,
            line_id=line.id,
            level_id=level.id,
            quantity=2,
            open_quantity=2,
        )
