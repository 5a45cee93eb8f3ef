"""Costs without an order find their goods and orders, by rules that may change, to the cent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.allocation.details import import_details
from core.allocation.queries import differences
from core.allocation.queries import shares_query
from core.allocation.queries import worries_query
from core.allocation.rules import rules_on
from core.allocation.rules import save_rule
from core.allocation.rules import shipped_rules
from core.allocation.running import run_allocation
from core.catalog.measuring import Measures
from core.catalog.measuring import measure_skus
from core.cli import build
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ids import next_id
from core.ledger.chart import prepare_accounts
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from tests.world import World

JANUARY, FEBRUARY, MARCH = date(2011, 1, 1), date(2011, 2, 1), date(2011, 3, 1)


def spend(world: World, account: str, amount: int, day: date, **where: object) -> None:
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        new = next_id(session)
        entry = journal.entry(new, f"bill:{new}", "manual", day)
        entry.add(account, amount, Dimensions(**where))
        entry.add("1000", -amount, Dimensions())
        journal.post()


def report(world: World, kind: str, *rows: str, head: str = "sku,weight", **more: object) -> object:
    path = world.folder / f"{kind}.csv"
    path.write_text("\n".join((head, *rows)), encoding="utf-8")
    more.setdefault("month", FEBRUARY)
    return import_details(world.kernel, world.company.id, path, kind, **more)


def share(world: World, first: date = FEBRUARY, last: date | None = None) -> int:
    return run_allocation(world.kernel, world.company.id, first, last or first, by="ann")


def rule(world: World, **terms: object) -> None:
    with world.kernel.db.write() as session:
        save_rule(session, world.company.id, terms, by="ann")


def shares(world: World, account: str) -> dict[tuple[str, str], int]:
    """Return what counts of an account by order and SKU."""
    found = shares_query(world.company.id).subquery()
    query = (
        "SELECT o.external_ref, k.code, SUM(s.amount) FROM ({}) s"
        " JOIN ledger_account a ON a.id = s.account_id"
        " LEFT JOIN orders_order o ON o.id = s.order_id LEFT JOIN catalog_sku k ON k.id = s.sku_id"
        " WHERE a.code = :account GROUP BY o.external_ref, k.code"
    )
    with world.kernel.db.read() as session:
        text = str(
            sa.select(found).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        )
        rows = session.execute(sa.text(query.format(text)), {"account": account}).all()
    return {(order or "", sku or ""): int(amount) for order, sku, amount in rows}


@pytest.fixture
def sold(world: World) -> World:
    """Give a company that sold three mugs and a cup in February."""
    world.stock("MUG 10 @ 2.00 on 2011-01-01", "CUP 10 @ 1.00 on 2011-01-01")
    world.orders(
        "1001 MUG 1 @ 10.00 on 2011-02-01 to US",
        "1002 MUG 2 @ 10.00 on 2011-02-02 to GB",
        "1003 CUP 1 @ 30.00 on 2011-02-03 to US",
    )
    return world


def test_a_cost_goes_to_the_goods_of_its_report_and_on_to_their_orders(sold: World) -> None:
    spend(sold, "7000", 1000, date(2011, 2, 20))
    report(sold, "ads", "MUG,3.50", "CUP,1.50")
    share(sold)
    assert shares(sold, "7000") == {
        ("1001", "MUG"): 233, ("1002", "MUG"): 467, ("1003", "CUP"): 300
    }  # fmt: skip
    assert sold.broken() == []


def test_without_weights_nobody_bears_it_and_the_reason_is_kept(sold: World) -> None:
    spend(sold, "7000", 1000, date(2011, 2, 20))
    spend(sold, "8120", 500, date(2011, 2, 20))
    share(sold)
    assert shares(sold, "7000") == {("", ""): 1000}
    assert shares(sold, "8120") == {("", ""): 500}
    reasons = sold.rows("SELECT rule, reason FROM allocation_pool ORDER BY rule")
    assert [tuple(row) for row in reasons] == [
        ("", "no rule holds for it"), ("ads", "no driver has weights: report:ads")
    ]  # fmt: skip
    assert sold.broken() == []


def test_a_code_that_is_no_sku_leaves_its_part_with_nobody(sold: World) -> None:
    spend(sold, "7000", 1000, date(2011, 2, 20))
    found = report(sold, "ads", "MUG,3", "HAT,1")
    assert found.unknown == ["HAT"]
    share(sold)
    assert shares(sold, "7000")["", ""] == 250
    assert sum(shares(sold, "7000").values()) == 1000


def test_orders_are_narrowed_to_the_country_and_the_shop_of_a_cost(sold: World) -> None:
    (shop,) = sold.rows("SELECT id FROM channels_shop")[0]
    spend(sold, "8000", 100, date(2011, 2, 20), country="US")
    spend(sold, "6070", 90, date(2011, 2, 20), shop_id=shop)
    share(sold)
    # Two transactions went to the US, whatever they were worth.
    assert shares(sold, "8000") == {("1001", "MUG"): 50, ("1003", "CUP"): 50}
    assert shares(sold, "6070") == {
        ("1001", "MUG"): 15, ("1002", "MUG"): 30, ("1003", "CUP"): 45
    }  # fmt: skip


def test_storage_follows_volume_and_time_of_the_month_before(sold: World) -> None:
    sold.change("UPDATE stock_warehouse SET kind = '3pl' WHERE code = 'MAIN'")
    spend(sold, "6110", 310, date(2011, 1, 31))
    share(sold, JANUARY)
    # Nobody measured the goods: what is left is how many lay there how long.
    assert shares(sold, "6110") == {("", "CUP"): 155, ("", "MUG"): 155}
    (by,) = sold.rows("SELECT sku_driver FROM allocation_pool WHERE rule = 'warehouse_storage'")[0]
    assert by == "unit_days:3pl"
    with sold.kernel.db.write() as session:
        sides = {"MUG": Measures(100, 10, 10, 20), "CUP": Measures(100, 10, 10, 10)}
        measure_skus(session, sold.company.id, sides)
    share(sold, JANUARY)
    assert shares(sold, "6110") == {("", "CUP"): 103, ("", "MUG"): 207}


def test_goods_that_came_before_and_left_within_weigh_their_days(sold: World) -> None:
    sold.change("UPDATE stock_warehouse SET kind = '3pl' WHERE code = 'MAIN'")
    spend(sold, "6110", 10_000, date(2011, 2, 28))
    share(sold)
    # Mugs: 10 × 28 − 1 × 28 − 2 × 27; cups: 10 × 28 − 1 × 26.
    mugs, cups = 280 - 28 - 54, 280 - 26
    assert shares(sold, "6110")["", "MUG"] == round(10_000 * mugs / (mugs + cups))


def test_aged_goods_bear_their_surcharge(sold: World) -> None:
    sold.change("UPDATE stock_warehouse SET kind = 'platform' WHERE code = 'MAIN'")
    sold.stock("MUG 4 @ 2.00 on 2010-01-01")
    spend(sold, "6031", 800, date(2011, 3, 15))
    share(sold, MARCH)
    assert shares(sold, "6031") == {("", "MUG"): 800}


def test_a_cost_of_a_sku_stays_with_it(sold: World) -> None:
    (mug,) = sold.rows("SELECT id FROM catalog_sku WHERE code = 'MUG'")[0]
    spend(sold, "5110", 70, date(2011, 2, 20), sku_id=mug)
    share(sold)
    assert shares(sold, "5110") == {("", "MUG"): 70}


def test_months_shared_as_one_add_up_each_and_as_a_whole(sold: World) -> None:
    for day, amount in (("2011-01-05", 100), ("2011-02-05", -37), ("2011-03-05", 1)):
        spend(sold, "6070", amount, date.fromisoformat(day))
    share(sold, JANUARY, MARCH)
    rows = sold.rows("SELECT month, SUM(amount) FROM allocation_share GROUP BY month")
    assert {str(month): int(amount) for month, amount in rows} == {
        "2011-01-01": 100, "2011-02-01": -37, "2011-03-01": 1
    }  # fmt: skip
    # The whole is 64, shared once: 10.67, 21.33 and 32.
    assert shares(sold, "6070") == {
        ("1001", "MUG"): 11, ("1002", "MUG"): 21, ("1003", "CUP"): 32
    }  # fmt: skip
    assert sold.broken() == []


def test_the_newest_run_counts_and_the_older_stays_readable(sold: World) -> None:
    spend(sold, "6070", 90, date(2011, 2, 20))
    assert share(sold) == 1
    rule(sold, code="subscription", title="Subscription", accounts=["6070"], to_order=["units"])
    before = sold.booked("")
    assert share(sold) == 2
    assert shares(sold, "6070") == {
        ("1001", "MUG"): 22, ("1002", "MUG"): 45, ("1003", "CUP"): 23
    }  # fmt: skip
    assert sold.booked("") == before
    versions = sold.rows("SELECT run_id, version, order_driver FROM allocation_pool ORDER BY 1")
    assert [tuple(row)[1:] for row in versions] == [(1, "net_revenue"), (2, "units")]
    assert sold.broken() == []


def test_a_rule_holds_from_its_day_on(sold: World) -> None:
    rule(
        sold, code="subscription", title="S", accounts=["6070"], to_order=["units"],
        since="2011-03-01",
    )  # fmt: skip
    with sold.kernel.db.read() as session:
        early, late = (
            next(r for r in rules_on(session, sold.company.id, day) if r.code == "subscription")
            for day in (date(2011, 2, 28), MARCH)
        )
    assert (early.version, late.version) == (1, 2)


def test_a_narrowed_rule_comes_before_the_general_one(sold: World) -> None:
    spend(sold, "6070", 90, date(2011, 2, 20), country="US")
    rule(
        sold, code="us_plan", title="US", accounts=["6070"], to_order=["units"],
        where={"country": "US"},
    )  # fmt: skip
    share(sold)
    assert shares(sold, "6070") == {("1001", "MUG"): 45, ("1003", "CUP"): 45}


def test_a_run_replaces_whole_runs_only(sold: World) -> None:
    spend(sold, "6070", 90, date(2011, 2, 20))
    share(sold, JANUARY, FEBRUARY)
    with pytest.raises(Conflict, match="Run 1 shares 2011-01 to 2011-02"):
        share(sold, FEBRUARY)
    share(sold, JANUARY, MARCH)


def months_to_share(world: World) -> Sequence[date]:
    with world.kernel.db.read() as session:
        return session.scalars(worries_query(world.company.id, date(2011, 3, 5))).all()


def test_what_is_booked_after_a_run_is_seen(sold: World) -> None:
    spend(sold, "6070", 90, date(2011, 2, 20))
    assert months_to_share(sold) == [FEBRUARY]
    share(sold)
    spend(sold, "6070", 10, date(2011, 2, 21))
    with sold.kernel.db.read() as session:
        (late,) = differences(session, sold.company.id, FEBRUARY, FEBRUARY)
    assert (late.account, late.booked, late.shared, late.missing) == ("6070", 100, 90, 10)
    # Nothing of an order is booked in January, so there is nothing to share to.
    assert months_to_share(sold) == []
    # An open month is not broken by it: it is shared again. A closed one would be.
    assert sold.broken() == []
    sold.close_month("2011-02")
    assert len(sold.broken()) == 1


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"accounts": ["1225"], "to_order": ["units"]}, "balance sheet"),
        ({"accounts": ["8100"]}, "say by what"),
        ({"accounts": ["8100"], "to_order": ["luck"]}, "is no driver"),
        ({"accounts": ["8100"], "to_sku": ["unit_days:moon"]}, "no kind of warehouse"),
        ({"accounts": ["8100"], "to_sku": ["report"]}, "name the report's kind"),
        ({"accounts": ["6070"], "to_order": ["units"]}, "falls under the rule subscription"),
        ({"accounts": ["8100"], "to_order": ["units"], "lag_months": 13}, "0 to 12"),
        ({"accounts": ["8100"], "to_order": ["units"], "colour": "red"}, "no part of a rule"),
        ({"accounts": ["8100"], "to_order": ["units"], "scope": "world"}, "no scope"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(world: World, terms: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        rule(world, code="mine", title="Mine", **terms)
    with pytest.raises(NotFound, match="no account 4711"):
        rule(world, code="mine", title="Mine", accounts=["4711"], to_order=["units"])


def test_shipped_rules_share_costs_of_the_chart_once(world: World) -> None:
    with world.kernel.db.write() as session:
        prepare_accounts(session, world.company.id)
    lines = dict(world.rows("SELECT code, profit_line FROM ledger_account"))
    accounts = [account for each in shipped_rules() for account in each.accounts]
    assert len(accounts) == len(set(accounts))
    assert all(lines[account] is not None for account in accounts)


def test_a_report_comes_once_and_its_correction_holds(sold: World) -> None:
    first = report(sold, "ads", "MUG,3", "MUG,1", "CUP,1")
    assert (first.received, first.added, first.unchanged) == (3, 2, 0)
    again = report(sold, "ads", "MUG,4", "CUP,1")
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    mended = report(sold, "ads", "MUG,5", "CUP,1")
    assert (mended.added, mended.changed) == (0, 1)
    weights = sold.rows("SELECT weight FROM allocation_detail ORDER BY weight")
    assert [row[0] for row in weights] == [1_000_000, 5_000_000]


def test_a_report_may_name_orders(sold: World) -> None:
    spend(sold, "6060", 100, date(2011, 2, 20))
    report(sold, "coupons", "MUG,1001", "MUG,1002", "MUG,1002", "MUG,1002", head="sku,order")
    share(sold)
    assert shares(sold, "6060") == {("1001", "MUG"): 25, ("1002", "MUG"): 75}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("MUG,x",), "line 2.*not a number"),
        (("MUG,-1",), "line 2.*less than nothing"),
        (("MUG,1,2",), "line 2.*more or fewer cells"),
        ((",1",), "line 2.*neither a SKU nor an order"),
    ],
)
def test_a_report_that_cannot_be_read_changes_nothing(
    sold: World, rows: tuple[str, ...], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        report(sold, "ads", *rows)
    assert caught.match(said) or said.split(".*")[1] in str(caught.value)
    with pytest.raises(InputError, match="names no day"):
        report(sold, "ads", "MUG,1", month=None)
    assert sold.rows("SELECT COUNT(*) FROM allocation_detail")[0][0] == 0


def test_the_commands_preview_run_and_show(sold: World) -> None:
    def call(*arguments: str) -> dict[str, object]:
        ran = CliRunner().invoke(build(), [*arguments, "--json"], obj=sold.kernel.config)
        assert ran.exit_code == 0, ran.output
        return json.loads(ran.stdout)

    spend(sold, "6070", 90, date(2011, 2, 20))
    spend(sold, "8120", 10, date(2011, 2, 20))
    layout = sold.folder / "ads.toml"
    layout.write_text('[columns]\nsku = "Code"\nweight = "Spend"\n[format]\ndecimal = ","\n')
    file = sold.folder / "ads.csv"
    file.write_text('Code,Spend\nMUG,"1.234,5"\n')
    brought = call(
        "import", "allocation", str(file), "--kind", "ads", "--mapping", str(layout),
        "--month", "2011-02",
    )  # fmt: skip
    assert brought["added"] == 1
    assert sold.rows("SELECT weight FROM allocation_detail")[0][0] == 1_234_500_000
    preview = call("allocation", "run", "2011-02", "--preview")
    assert (preview["total"], preview["not_allocated"]) == ("1.00", "0.10")
    assert sold.rows("SELECT COUNT(*) FROM allocation_pool")[0][0] == 0
    made = call("allocation", "run", "2011-02")
    assert made["run"] == 1
    shown = call("allocation", "show")
    assert [each["account"] for each in shown["not_allocated"]] == ["8120"]
    assert call("allocation", "show", "1")["pools"] == made["pools"]
    file = sold.folder / "rules.toml"
    file.write_text('[[rule]]\ncode = "rent"\naccounts = ["8120"]\nto_order = ["net_revenue"]\n')
    assert call("allocation", "rule", str(file))["rules"][0]["version"] == 1
    assert "rent" in {each["code"] for each in call("allocation", "rules")["rules"]}
    assert call("allocation", "run", "2011-02")["not_allocated"] == "0.00"
