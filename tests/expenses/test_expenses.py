"""Own costs: booked once, at the rate of their day, for what they name; reversed, never changed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.allocation.running import run_allocation
from core.cli import build
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.errors import Unresolved
from core.expenses.entering import BillDraft
from core.expenses.entering import Entered
from core.expenses.entering import enter_bills
from core.expenses.entering import reverse_bill
from core.expenses.types import expense_types
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from tests.world import World

DAY = date(2011, 2, 10)


def bill(reference: str = "B-1", **more: object) -> BillDraft:
    facts = {"type": "tax_agent", "billed_on": DAY, "currency": "GBP", "amount": 30_00} | more
    return BillDraft(reference, **facts)


def enter(world: World, *drafts: BillDraft) -> Entered:
    with world.kernel.db.write() as session:
        return enter_bills(session, world.company.id, drafts, by="ann")


def undo(world: World, reference: str) -> None:
    with world.kernel.db.write() as session:
        reverse_bill(session, world.company.id, reference, reason="wrong supplier")


@pytest.fixture
def sold(world: World) -> World:
    world.stock("MUG 10 @ 2.00 on 2011-01-01")
    world.orders("1001 MUG 1 @ 10.00 on 2011-02-01 to US", "1002 MUG 2 @ 10.00 on 2011-02-02")
    return world


def test_a_bill_is_booked_for_what_it_names(sold: World) -> None:
    done = enter(
        sold,
        bill("A", country="US"),
        bill("B", type="last_mile", order="1001", amount=4_00, paid_from="1000"),
        bill("C", type="certification", sku="MUG", amount=-1_00),
    )
    assert done == Entered(3, 0)
    assert sold.booked("own_cost:A") == {"2100": -3000, "8000": 3000}
    assert sold.booked("own_cost:B") == {"1000": -400, "6130": 400}
    assert sold.booked("own_cost:C") == {"2100": 100, "8010": -100}
    rows = sold.rows(
        "SELECT a.code, p.country, o.external_ref, k.code FROM ledger_posting p"
        " JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id"
        " LEFT JOIN orders_order o ON o.company_id = p.company_id AND o.id = p.order_id"
        " LEFT JOIN catalog_sku k ON k.company_id = p.company_id AND k.id = p.sku_id"
        " WHERE a.code IN ('8000', '6130', '8010') ORDER BY a.code"
    )
    assert [tuple(row) for row in rows] == [
        ("6130", "US", "1001", None), ("8000", "US", None, None), ("8010", None, None, "MUG")
    ]  # fmt: skip
    assert sold.broken() == []


def test_a_bill_is_shared_by_the_rule_of_its_account(sold: World) -> None:
    enter(sold, bill(country="US"))
    run_allocation(sold.kernel, sold.company.id, DAY, DAY, by="ann")
    rows = sold.rows(
        "SELECT o.external_ref, s.amount FROM allocation_share s JOIN orders_order o"
        " ON o.company_id = s.company_id AND o.id = s.order_id"
    )
    assert [tuple(row) for row in rows] == [("1001", 3000)]


def test_a_foreign_bill_is_booked_at_the_rate_of_its_day(world: World) -> None:
    with pytest.raises(Unresolved, match="no rate from EUR"):
        enter(world, bill(currency="EUR", amount=100_00))
    with world.kernel.db.write() as session:
        rate = RateDraft("EUR", "GBP", DAY, "0.85")
        say_rates(session, world.company.id, [rate], origin="manual", actor="ann")
    enter(world, bill(currency="EUR", amount=100_00))
    assert world.booked("own_cost") == {"2100": -8500, "8000": 8500}
    kept = world.rows("SELECT DISTINCT currency, ABS(currency_amount) FROM ledger_posting")
    assert [tuple(row) for row in kept] == [("EUR", 10_000)]
    undo(world, "B-1")
    assert world.booked("own_cost") == {}
    assert world.broken() == []


def test_the_same_bill_changes_nothing_and_another_under_its_name_is_refused(world: World) -> None:
    assert enter(world, bill()) == Entered(1, 0)
    assert enter(world, bill()) == Entered(0, 1)
    with pytest.raises(Conflict, match="says something else"):
        enter(world, bill(amount=31_00))
    with pytest.raises(Conflict, match="told twice"):
        enter(world, bill("B-2"), bill("B-2"))
    assert world.rows("SELECT COUNT(*) FROM ledger_entry")[0][0] == 1


def test_a_bill_is_reversed_once_and_stays_as_it_was(world: World) -> None:
    enter(world, bill())
    undo(world, "B-1")
    with pytest.raises(Conflict, match="reversed already"):
        undo(world, "B-1")
    assert world.booked("own_cost") == {}
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        world.change("UPDATE expenses_bill SET amount = 1")
    with pytest.raises(NotFound):
        undo(world, "B-9")


def test_a_bill_of_a_closed_month_is_booked_in_the_next(world: World) -> None:
    world.close_month("2011-02")
    enter(world, bill())
    (row,) = world.rows("SELECT booked_on, attributed_on FROM ledger_entry")
    assert (str(row[0]), str(row[1])) == ("2011-03-01", "2011-02-10")


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"type": "first_leg_sea"}, InputError, "not entered as a bill"),
        ({"type": "gossip"}, InputError, "no kind of cost"),
        ({"amount": 0}, InputError, "a bill of nothing"),
        ({"currency": "XXX"}, InputError, "ISO 4217"),
        ({"paid_from": "1300"}, InputError, "no account from which"),
        ({"country": "Germany"}, InputError, "no country"),
        ({"sku": "HAT"}, NotFound, "no SKU 'HAT'"),
        ({"order": "9"}, NotFound, "no order '9'"),
        ({"shop": "9"}, NotFound, "no shop '9'"),
        ({"warehouse": "9"}, NotFound, "no warehouse '9'"),
    ],
)
def test_a_bill_that_cannot_be_books_none_of_its_file(
    world: World, more: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        enter(world, bill("good"), bill("bad", **more))
    assert world.rows("SELECT COUNT(*) FROM ledger_entry")[0][0] == 0


def test_every_kind_has_an_account_of_the_chart(world: World) -> None:
    codes = {row[0] for row in world.rows("SELECT code FROM ledger_account")}
    assert {each.account for each in expense_types().values()} <= codes
    stock = {each.code for each in expense_types().values() if each.account.startswith("13")}
    assert all(expense_types()[code].elsewhere for code in stock)
    assert len(expense_types()) >= 41


def call(world: World, *arguments: str, code: int = 0) -> str:
    ran = CliRunner().invoke(build(), ["expense", *arguments], obj=world.kernel.config)
    assert ran.exit_code == code, ran.output
    return ran.output


def test_bills_come_by_command_and_by_file(world: World, tmp_path: Path) -> None:
    assert "tax_agent" in call(world, "types", "--json")
    call(world, "add", "A-1", "tax_agent", "30.00", "--on", "2011-02-10", "--country", "DE")
    file = tmp_path / "bills.csv"
    head = "reference,type,date,currency,amount,country,note\n"
    file.write_text(f"{head}A-1,tax_agent,2011-02-10,GBP,30,DE,\nA-2,rent,2011-02-11,GBP,5,,x\n")
    said = json.loads(call(world, "import", str(file), "--json"))
    assert said == {"added": 1, "unchanged": 1}
    listed = json.loads(call(world, "list", "--json"))["rows"]
    assert [(row["reference"], row["for"]) for row in listed] == [("A-2", ""), ("A-1", "DE")]
    assert "reversal:own_cost:A-2" in call(world, "reverse", "A-2", "--reason", "twice")
    for text, wrong in (
        (f"{head}B,rent,2011-02-11,GBP\n", "line 2"),
        (f"{head}B,rent,yesterday,GBP,5,,\n", "line 2"),
        (f"{head}B,rent,2011-02-11,GBP,5.001,,\n", "line 2"),
        ("reference,type\nB,rent\n", "line 1"),
    ):
        file.write_text(text)
        assert wrong in call(world, "import", str(file), code=2)
    assert world.broken() == []
