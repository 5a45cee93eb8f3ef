"""Whatever is told late, twice, in another order or never: the record ends at what is true."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from werkzeug.serving import make_server

from core.app import create_app
from core.config import ROOT
from core.config import Config
from core.kernel import lifecycle
from core.kernel.companies import find_company
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.jobs import JobContext
from core.kernel.keys import ensure_keys
from core.orders.jobs import pull
from core.orders.jobs import sweep
from core.scaffold import making
from core.webhooks.declaring import Webhooks
from core.webhooks.inbox import backlog
from core.webhooks.signatures import BodySignature
from tests.http.servers import serving
from tests.orders.bazaar import TOKEN
from tests.orders.bazaar import Bazaar
from tests.world import World

START = datetime(2026, 3, 1, tzinfo=UTC)
LIFE, STEP, SWEEP = 48, 4, 12
PLENTY = 100_000
SCARCE = "JUG"


@pytest.fixture(scope="session")
def bazaar_addons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a connector, once, whose platform lets itself be asked often."""
    root = tmp_path_factory.mktemp("bazaar") / "addons"
    making.make(making.plan("connector", "bazaar", root, inside=True))
    source = root / "bazaar" / "connector.py"
    text = source.read_text(encoding="utf-8")
    assert "Rate(5, burst=10)" in text
    source.write_text(text.replace("Rate(5, burst=10)", "Rate(10000, burst=10000)"), "utf-8")
    return root


class Shop:
    """A company that sells there, with its inbox on a port of its own."""

    def __init__(self, url: str, folder: Path, addons: Path, bazaar: Bazaar, served: Any) -> None:
        self.bazaar = bazaar
        config = Config(folder, url, (ROOT / "addons", addons), http_allow=(served.opened,))
        ensure_keys(config)
        self.app = create_app(config)
        self.kernel = kernel = self.app.extensions["entrepot"]
        lifecycle.install(kernel, "bazaar")
        lifecycle.enable(kernel, "bazaar")
        addon: Any = kernel.registry.addons["bazaar"]
        addon.webhooks = Webhooks(
            BodySignature("X-Bazaar-Hmac", "base64"), ("token",), tasks={"": "orders.pull"}
        )
        with kernel.db.write() as session:
            company = find_company(session)
            settings = {"address": served.url, "token": TOKEN}
            self.connection: ConnectionInfo = create_connection(
                session, "bazaar", "Stall", settings, company_id=company.id
            )
        self.world = World(kernel, company, folder)
        self.fetched: Counter[str] = Counter()

    def run(self, task: Any) -> None:
        """Run a task of the connection as a worker would."""
        ours = {"company_id": self.world.company.id, "connection_id": self.connection.id}
        self.fetched += Counter(task(JobContext(self.kernel, 1, "test", {}, **ours)))

    def woken(self) -> bool:
        """Say whether webhooks have enqueued a fetch, and take it from the queue."""
        with self.kernel.db.write() as session:
            taken = session.execute(sa.text("DELETE FROM kernel_job WHERE task = 'orders.pull'"))
            return bool(taken.rowcount)  # type: ignore[attr-defined]

    @contextmanager
    def inbox(self) -> Iterator[int]:
        """Serve the application and give its port."""
        server = make_server("127.0.0.1", 0, self.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join(60)


def trade(shop: Shop, *, sweeping: bool = True) -> None:
    """Let all hours pass: webhooks wake fetches, the clock begins others and the sweeps."""
    path = f"/hooks/bazaar/{shop.connection.id}"
    with shop.inbox() as port:
        for hour in range(0, 4 * 24 + LIFE, STEP):
            with time_machine.travel(START + timedelta(hours=hour), tick=True):
                shop.bazaar.deliver(port, path)
                if shop.woken() or hour % 8 == 0:
                    shop.run(pull)
                if sweeping and hour % SWEEP == 0:
                    shop.run(sweep)


def differences(shop: Shop) -> list[str]:
    """Return what is not as the marketplace says."""
    found = []
    for ref, told in shop.bazaar.truth().items():
        ours, theirs = known(shop.world, ref), expected(told)
        if ours != theirs:
            found.append(f"{ref}: {theirs} is true, {ours} is known")
    return found


def expected(told: dict[str, Any]) -> dict[str, Any]:
    """Return what of an order must be known."""
    kept: Counter[str] = Counter()
    for line in told["lines"]:
        kept[line["sku"]] += line["quantity"] - line["cancelled"]
    open_ones = +kept if told["status"] == "open" else Counter()
    gone = +kept if told["status"] == "sent" else Counter()
    back = [(line["sku"], -1) for refund in told["refunds"] for line in refund["lines"]]
    return {
        "state": {"unpaid": "", "open": "open", "sent": "shipped", "cancelled": ""}[told["status"]],
        "needed": dict(sorted(open_ones.items())),
        "shipped": dict(sorted(gone.items())),
        "back": back,
    }


def known(world: World, ref: str) -> dict[str, Any]:
    """Return the same of the order as it is in the record."""
    orders = world.rows("SELECT state FROM orders_order WHERE external_ref = :ref", ref=ref)
    state = orders[0].state if orders else ""
    states = {"cancelled": "", "allocated": "open", "backordered": "open"}
    needed = world.rows(
        "SELECT s.code, SUM(r.open_quantity + r.short_quantity) FROM stock_reservation r"
        " JOIN stock_level v ON v.id = r.level_id JOIN catalog_sku s ON s.id = v.sku_id"
        " JOIN orders_line l ON l.id = r.line_id JOIN orders_order o ON o.id = l.order_id"
        " WHERE o.external_ref = :ref GROUP BY s.code"
        " HAVING SUM(r.open_quantity + r.short_quantity) <> 0 ORDER BY s.code",
        ref=ref,
    )
    lines = world.lines(ref)
    shipped: Counter[str] = Counter()
    for line in lines:
        if line.document_id is not None:
            shipped[line.code] += line.quantity
    wanted: Counter[str] = Counter()
    for line in lines:
        if line.document_id is None and not line.cancelled_quantity:
            wanted[line.code] += line.quantity
    promised = {code: int(units) for code, units in needed}
    assert promised == dict(sorted(wanted.items())), f"{ref}: {promised} of {wanted}"
    return {
        "state": states.get(state, state),
        "needed": promised,
        "shipped": dict(sorted(shipped.items())),
        "back": [(line.code, line.quantity) for line in world.lines(f"{ref}/R1")],
    }


def check_stock(shop: Shop) -> None:
    """Compare what lies there and what of it is promised with what the orders say."""
    moved: Counter[str] = Counter()
    promised: Counter[str] = Counter()
    for told in shop.bazaar.truth().values():
        facts = expected(told)
        moved += Counter(facts["shipped"])
        moved.subtract(Counter({code: -units for code, units in facts["back"]}))
        promised += Counter(facts["needed"])
    rows = shop.world.rows(
        "SELECT s.code, v.on_hand, v.reserved FROM stock_level v"
        " JOIN catalog_sku s ON s.id = v.sku_id WHERE s.code <> :scarce",
        scarce=SCARCE,
    )
    assert {code: (on_hand, reserved) for code, on_hand, reserved in rows} == {
        code: (PLENTY - moved[code], promised[code]) for code in ("CUP", "MUG", "PEN")
    }
    with shop.kernel.db.read() as session:
        assert backlog(session, shop.connection) == 0


def converge(url: str, folder: Path, addons: Path, count: int) -> None:
    bazaar = Bazaar(random.Random(count), START)
    bazaar.live(count, LIFE)
    assert bazaar.dropped > 0.1 * sum(map(len, bazaar.orders.values()))
    with serving(bazaar.act) as served:
        shop = Shop(url, folder, addons, bazaar, served)
        try:
            shop.world.stock(
                *(f"{sku} {PLENTY} @ 1.00 on 2026-01-01" for sku in ("CUP", "MUG", "PEN")),
                f"{SCARCE} 3 @ 9.00 on 2026-01-01",
            )
            trade(shop)
            assert differences(shop) == []
            check_stock(shop)
            assert shop.fetched["quarantined"] == 0
            assert shop.fetched["superseded"] > 0
            assert shop.world.broken() == []
        finally:
            shop.kernel.db.dispose()


def test_orders_end_at_the_truth_whatever_was_told(
    world_url: str, tmp_path: Path, bazaar_addons: Path
) -> None:
    converge(world_url, tmp_path, bazaar_addons, 50)


@pytest.mark.soak
def test_many_orders_end_at_the_truth(world_url: str, tmp_path: Path, bazaar_addons: Path) -> None:
    converge(world_url, tmp_path, bazaar_addons, 500)
