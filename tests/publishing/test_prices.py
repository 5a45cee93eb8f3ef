"""Prices: looked at with numbers, told in versions, answered one by one, and seen again."""

from __future__ import annotations

import io
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.channels.external import ExternalListing
from core.channels.external import Page
from core.channels.external import PriceUpdate
from core.channels.external import PushResult
from core.cli import build
from core.config import ROOT
from core.config import Config
from core.errors import Conflict
from core.errors import ConnectorError
from core.errors import InputError
from core.errors import NotFound
from core.errors import Unavailable
from core.identity.models import AuditEntry
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel.companies import find_company
from core.kernel.connections import create_connection
from core.kernel.jobs import JobContext
from core.kernel.kernel import Kernel
from core.kernel.keys import ensure_keys
from core.orders.pulling import pull_orders
from core.publishing.jobs import prices as prices_job
from core.publishing.jobs import see as see_job
from core.publishing.models import PriceTarget
from core.publishing.models import PriceTold
from core.publishing.price_pushing import push_prices
from core.publishing.price_pushing import see_prices
from core.publishing.price_pushing import wake_prices
from core.publishing.prices import Preview
from core.publishing.prices import Wish
from core.publishing.prices import preview_prices
from core.publishing.prices import read_prices
from core.publishing.prices import read_wish
from core.publishing.prices import retry_prices
from core.publishing.prices import set_prices
from core.scaffold import making
from tests.orders.test_pulling import order
from tests.world import World


@dataclass
class Counter:
    """A platform that shows prices; `before` happens while it is being told."""

    world: World
    connection: Any
    read: Any
    shown: dict[str, int] = field(default_factory=dict)
    told: list[PriceUpdate] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    def pull_orders(self, _call: Any, _window: Any, _cursor: Any) -> Page[Any]:
        return Page([self.read(order(status="sent"))])

    def push_prices(self, _call: Any, updates: Sequence[PriceUpdate]) -> list[PushResult]:
        self.before()
        found = []
        for each in updates:
            self.told.append(each)
            said = self.refused.get(each.external_ref, "")
            if not said:
                self.shown[each.external_ref] = each.price
            found.append(PushResult(each.key, not said, said))
        self.after()
        return found

    def pull_listings(self, _call: Any, _window: Any, _cursor: Any) -> Page[ExternalListing]:
        return Page([ExternalListing(ref, "", price, "GBP") for ref, price in self.shown.items()])

    def set(self, *wishes: tuple[str, int], **more: Any) -> Preview:
        with self.world.kernel.db.write() as session:
            return set_prices(
                session, self.world.company.id, self.wishes(*wishes), actor="ann", **more
            )

    def look(self, *wishes: tuple[str, int]) -> Preview:
        with self.world.kernel.db.read() as session:
            return preview_prices(session, self.world.company.id, self.wishes(*wishes))

    def wishes(self, *wishes: tuple[str, int]) -> list[Wish]:
        return [Wish("counter", "Counter", sku, amount, "GBP") for sku, amount in wishes]

    def push(self) -> tuple[int, int, int]:
        found = push_prices(self.world.kernel, self.connection)
        return found.due, found.taken, found.refused

    def run(self, task: Any) -> dict[str, int]:
        ours = {"company_id": self.world.company.id, "connection_id": self.connection.id}
        found: dict[str, int] = task(JobContext(self.world.kernel, 1, "test", {}, **ours))
        return found

    def rows(self) -> dict[str, PriceTarget]:
        with self.world.kernel.db.read() as session:
            return {row.seller_sku: row for row in session.scalars(sa.select(PriceTarget))}

    def history(self) -> list[tuple[int, int, str | None, str]]:
        query = sa.select(PriceTold).order_by(PriceTold.price_id, PriceTold.version)
        with self.world.kernel.db.read() as session:
            return [
                (each.version, each.amount, each.outcome, each.reason)
                for each in session.scalars(query)
            ]


@pytest.fixture(scope="session")
def counter_addons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a connector, once."""
    root = tmp_path_factory.mktemp("counter") / "addons"
    making.make(making.plan("connector", "counter", root, inside=True))
    return root


@pytest.fixture
def counter(
    world_url: str, tmp_path: Path, counter_addons: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Counter]:
    """Give a company whose mug costs 8.00 and was sold once, and that offers a lamp."""
    kernel = Kernel.boot(Config(tmp_path, world_url, (ROOT / "addons", counter_addons)))
    try:
        ensure_keys(kernel.config)
        lifecycle.install(kernel, "counter")
        lifecycle.enable(kernel, "counter")
        with kernel.db.write() as session:
            company = find_company(session)
            connection = create_connection(
                session, "counter", "Counter", {"token": "canary-7"}, company_id=company.id
            )
        offers = [c for addon, c in hooks.collect(kernel, "connectors") if addon == "counter"]
        from addons.counter.mapping import read_order  # type: ignore[import-not-found]

        made = Counter(World(kernel, company, tmp_path), connection, read_order)
        for name in ("pull_orders", "push_prices", "pull_listings"):
            act = getattr(made, name)
            monkeypatch.setattr(
                type(offers[0]), name, lambda _self, *asked, act=act: act(*asked), raising=False
            )
        made.world.stock("MUG 10 @ 8.00 on 2026-01-01")
        pull_orders(kernel, connection)
        made.world.change(
            "INSERT INTO catalog_listing (company_id, id, platform, account, external_ref, title,"
            " created_at, row_version) SELECT company_id, 77, platform, account, 'LAMP', '',"
            " created_at, 1 FROM catalog_listing WHERE external_ref = 'MUG'"
        )
        yield made
    finally:
        kernel.db.dispose()


def test_a_preview_says_what_is_below_cost_and_what_nobody_knows(counter: Counter) -> None:
    # The order bore 20 % tax: of 9.00 the seller keeps 7.50, of 12.00 he keeps 10.00.
    low, high = counter.look(("MUG", 900), ("LAMP", 100)), counter.look(("MUG", 1200))

    assert (len(low.rows), low.shops, low.below, low.unknown) == (2, 1, 1, 1)
    assert (low.rows[0].floor.cost, low.rows[0].floor.brings) == (800, 750)
    assert (high.below, high.unknown, high.unchanged) == (0, 0, 0)
    assert high.rows[0].floor.brings == 1000
    assert counter.rows() == {}


def test_fees_that_are_known_are_part_of_the_floor(counter: Counter) -> None:
    counter.world.change(
        "INSERT INTO fees_plan (company_id, id, shop_id, platform, market, category, fulfilment,"
        " row_version, preferences) SELECT company_id, 1, id, platform, '', '', 'seller', 1, '{}'"
        " FROM channels_shop"
    )
    counter.world.change(
        "INSERT INTO fees_rate (company_id, id, shop_id, account, basis, amount, since, version,"
        " made_at, made_by) SELECT company_id, 2, id, '6000', 'price', 200000, '2020-01-01', 1,"
        " created_at, 'x' FROM channels_shop"
    )
    (row,) = counter.look(("MUG", 1200)).rows
    assert (row.floor.fees, row.floor.is_below) == (240, True)


def test_prices_below_cost_are_kept_by_who_counts_them(counter: Counter) -> None:
    with pytest.raises(Conflict, match="1 of 1 prices are below cost"):
        counter.set(("MUG", 900))
    counter.set(("MUG", 900), below_cost=1, note="clearance")
    assert counter.rows()["MUG"].desired == 900
    with pytest.raises(Conflict, match="0 of 1 prices are below cost, not 1"):
        counter.set(("MUG", 1200), below_cost=1)
    with counter.world.kernel.db.read() as session:
        query = sa.select(AuditEntry).where(AuditEntry.action == "prices.set")
        (entry,) = session.scalars(query)
    assert entry.subject == "price:counter/Counter/MUG"
    assert "900" in str(entry.after)


def test_prices_are_told_once_and_refusals_wait_for_a_person(counter: Counter) -> None:
    counter.refused["LAMP"] = "It is locked by a promotion."
    counter.set(("MUG", 1200), ("LAMP", 500))
    assert counter.push() == (2, 1, 1)
    assert counter.push() == (0, 0, 0)
    mug, lamp = counter.rows()["MUG"], counter.rows()["LAMP"]
    assert (mug.desired, mug.sent, mug.confirmed, mug.error) == (1200, 1200, 1200, "")
    assert (lamp.sent, lamp.confirmed, lamp.error) == (500, None, "It is locked by a promotion.")

    # The same price again is no change.
    assert counter.set(("MUG", 1200)).unchanged == 1
    assert counter.push() == (0, 0, 0)
    counter.refused.clear()
    with counter.world.kernel.db.write() as session:
        assert retry_prices(session, counter.world.company.id, [lamp.id], actor="ann") == 1
        with pytest.raises(Conflict, match="MUG was not refused"):
            retry_prices(session, counter.world.company.id, [mug.id], actor="ann")
    assert counter.run(prices_job) == {"due": 1, "taken": 1, "refused": 0}
    assert counter.history() == [
        (1, 1200, "confirmed", ""),
        (1, 500, "failed", "It is locked by a promotion."),
        (2, 500, "confirmed", ""),
    ]


def test_what_left_without_an_answer_leaves_again_under_its_key(counter: Counter) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    counter.set(("MUG", 1200))
    counter.after = die
    with pytest.raises(KeyboardInterrupt):
        counter.push()
    assert (counter.shown["MUG"], counter.rows()["MUG"].confirmed) == (1200, None)
    counter.after = lambda: None

    assert counter.push() == (1, 1, 0)
    assert [each.key for each in counter.told] == [counter.told[0].key] * 2
    assert counter.history() == [(1, 1200, "confirmed", "")]


def test_an_older_price_never_stays_over_a_newer_one(counter: Counter) -> None:
    def newer() -> None:
        # Somebody changes his mind, and another process tells that, before this one is answered.
        counter.before = lambda: None
        counter.set(("MUG", 1300))
        counter.push()

    counter.set(("MUG", 1200))
    counter.before = newer
    counter.push()
    assert counter.shown["MUG"] == 1200

    assert counter.push() == (1, 1, 0)
    assert (counter.shown["MUG"], counter.rows()["MUG"].confirmed) == (1300, 1300)
    assert counter.history() == [(1, 1200, "superseded", ""), (2, 1300, "confirmed", "")]


def test_a_failing_platform_keeps_prices_due(counter: Counter) -> None:
    def fail() -> None:
        raise Unavailable("It is down.")

    counter.set(("MUG", 1200))
    counter.before = fail
    with pytest.raises(ConnectorError):
        counter.push()
    counter.before = lambda: None
    assert counter.push() == (1, 1, 0)


def test_what_the_listings_show_is_kept_beside(counter: Counter) -> None:
    assert see_prices(counter.world.kernel, counter.connection) == {"seen": 0, "drifted": 0}
    counter.set(("MUG", 1200))
    counter.push()
    counter.shown |= {"MUG": 1111, "OTHER": 1}
    assert counter.run(see_job) == {"seen": 1, "drifted": 1}
    assert counter.rows()["MUG"].seen == 1111


def test_files_name_their_line(counter: Counter) -> None:
    head = "platform,account,code,price,currency\n"
    good = io.StringIO(head + "counter,Counter,MUG,12.99,gbp\n")
    (wish,) = read_prices(good, "p.csv")
    assert (wish.amount, wish.currency, wish.where) == (1299, "GBP", "p.csv, line 2")
    for text, said in (
        ("platform,account\n", "column code"),
        (head, "no prices"),
        (head + "counter,Counter,MUG,cheap,GBP\n", "p.csv, line 2"),
    ):
        with pytest.raises(InputError, match=said):
            read_prices(io.StringIO(text), "p.csv")


@pytest.mark.parametrize(
    ("wishes", "error", "said"),
    [
        ([Wish("counter", "Counter", "NOPE", 1, "GBP")], NotFound, "no listing 'NOPE'"),
        ([Wish("counter", "Counter", "MUG", 0, "GBP")], InputError, "cannot cost 0"),
        ([Wish("counter", "Counter", "MUG", 1, "EUR")], InputError, "sells in GBP"),
        ([Wish("counter", "Counter", "MUG", 1, "GBP")] * 2, InputError, "two prices"),
    ],
)
def test_what_makes_no_sense_is_refused(
    counter: Counter, wishes: list[Wish], error: type[Exception], said: str
) -> None:
    with counter.world.kernel.db.read() as session, pytest.raises(error, match=said):
        preview_prices(session, counter.world.company.id, wishes)


def test_setting_prices_wakes_their_connections(counter: Counter) -> None:
    with counter.world.kernel.db.write() as session:
        company_id = counter.world.company.id
        assert wake_prices(session, company_id, {("counter", "Counter")}) == 1
        assert wake_prices(session, company_id, {("counter", "Another")}) == 0
    assert read_wish("p", "a", "c", "5", "jpy").amount == 5


def test_prices_are_said_on_the_command_line(counter: Counter, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(
        "platform,account,code,price,currency\n"
        "counter,Counter,MUG,9.00,GBP\ncounter,Counter,LAMP,1.00,GBP\n"
    )
    looked = run(counter, "file", str(file), "--preview")
    assert "2 listings on 1 shop, 1 of them below cost, 1 without a known cost." in looked
    assert "Type the number" in run(counter, "file", str(file), typed="1\n")
    counter.refused["LAMP"] = "Locked."
    assert "refused" in run(counter, "push", "Counter")
    assert "Locked." in run(counter, "show", "--refused", "--json")
    assert "told again" in run(counter, "retry", "LAMP")
    one = ("set", "MUG", "12.00", "--shop", "counter/Counter", "--json")
    assert '"below_cost": 0' in run(counter, *one)
    assert "1200" in run(counter, "history", "MUG")


def run(counter: Counter, *words: str, typed: str = "") -> str:
    """Run `entrepot publish price …` and return what it printed."""
    words = ("publish", "price", *words)
    result = CliRunner().invoke(build(), words, obj=counter.world.kernel.config, input=typed)
    assert result.exit_code == 0, result.output
    return result.output
