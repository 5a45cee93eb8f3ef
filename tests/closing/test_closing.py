"""Closing a month: each control finds what it is for, blocks or is accepted, and says its fix."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from core.allocation.running import run_allocation
from core.banking.importing import import_bank_file
from core.banking.profiles import save_profile
from core.channels.external import StoredGoods
from core.cli import build
from core.closing.closing import checklist
from core.closing.closing import close_month
from core.closing.controls import CONTROLS
from core.closing.controls import run_controls
from core.errors import Conflict
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.rates.revaluing import revalue
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from core.warehousing.places import add_warehouse
from core.warehousing.stored import StoredAt
from core.warehousing.stored import keep_stored
from core.warehousing.stored import note_differences
from tests.world import World

FEBRUARY = date(2011, 2, 1)
END = date(2011, 2, 28)
NOWHERE = Dimensions()


def book(
    world: World,
    *postings: tuple[str, int],
    day: date = END,
    item: str = "",
    order_id: int | None = None,
    euros: int = 0,
) -> None:
    """Book an entry; `item` is the open item of its first posting, `euros` what that is in EUR."""
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        new = next_id(session)
        entry = journal.entry(new, f"manual:{new}", "manual", day)
        for place, (account, amount) in enumerate(postings):
            foreign = Original("EUR", euros if place == 0 else -euros) if euros else None
            item_id = None
            if item and place == 0:
                item_id = journal.owe(
                    account, item, next_id(session), amount, None, original=foreign
                )
            entry.add(
                account, amount, Dimensions(order_id=order_id), item_id=item_id, original=foreign
            )
        journal.post()


def waiting(world: World) -> None:
    world.stock("MUG 5 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 1 @ 5.00 USD on 2011-02-10 from ann to US")


def sold(world: World) -> int:
    world.stock("MUG 5 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 1 @ 5.00 on 2011-02-10 from ann to US")
    return world.order("1001").id


def refunded_with_tax(world: World) -> None:
    order = sold(world)
    book(world, ("4200", 100), ("1000", -100), order_id=order)
    book(world, ("2310", -20), ("1000", 20), order_id=order)


def quarantined(world: World) -> None:
    world.settle(
        "other-transaction/other-transaction/Subscription Fee -5.00 on 2011-02-10", total="1.00"
    )
    world.change("UPDATE settlements_statement SET matched_on = '2011-02-10'")


def paid_short(world: World) -> None:
    world.settle(
        "other-transaction/other-transaction/SAFE-T Reimbursement 15.00 on 2011-02-10",
        deposited="2011-02-20 00:00:00 UTC",
    )
    (key,) = world.rows(
        "SELECT natural_key FROM ledger_item i JOIN ledger_account a ON a.id = i.account_id"
        " WHERE a.code = '1220'"
    )[0]
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        journal.know_items("1220", [key])
        entry = journal.entry(next_id(session), "slip", "manual", END)
        entry.add("1220", 10, NOWHERE, item_id=journal.owe("1220", key, 0, 10, None))
        entry.add("1000", -10, NOWHERE)
        journal.post()


def frozen_count(world: World) -> None:
    sold(world)
    world.change(
        "INSERT INTO warehousing_count (company_id, id, reference, warehouse_id, condition, state,"
        " note, created_at, row_version) SELECT company_id, 9, 'C-1', id, 'sellable', 'frozen', '',"
        " created_at, 1 FROM stock_warehouse WHERE code = 'MAIN'"
    )


def stored_elsewhere(world: World) -> None:
    """Let a platform store a piece that the books do not know of."""
    with world.kernel.db.write() as session:
        made = add_warehouse(session, world.company.id, "FBA", "platform", "GB")
        keep_stored(
            session,
            StoredAt(world.company.id, "amazon", "A1", made.id),
            [StoredGoods("MUG", sellable=1)],
        )
        note_differences(session, world.company.id)


def bank_line(world: World, account: str = "1050") -> None:
    with world.kernel.db.write() as session:
        layout = {"date": "Date", "amount": "Amount", "text": "Text"}
        save_profile(
            session, world.company.id, "Wallet", account=account, currency="GBP", layout=layout
        )
    path = world.folder / "bank.csv"
    path.write_text("Date,Amount,Text\n2011-02-10,5.00,Somebody\n", encoding="utf-8")
    import_bank_file(world.kernel, world.company.id, "Wallet", path)


OLD = date(2010, 12, 1)
BREACHES = {
    "suspense": lambda world: book(world, ("1590", 5), ("1000", -5)),
    "waiting": waiting,
    "settlements": quarantined,
    "paid_statements": paid_short,
    "payouts": lambda world: book(world, ("1060", 5), ("1000", -5), item="a/b/1"),
    "marketplace_tax": refunded_with_tax,
    "overpaid": lambda world: book(world, ("1210", -5), ("1000", 5), item="a/b/1"),
    "unpaid": lambda world: book(world, ("1210", 5), ("1000", -5), item="a/b/1", day=OLD),
    "estimates": lambda world: book(world, ("2150", -5), ("1000", 5), item="a/b/1", day=OLD),
    "receipts": lambda world: book(world, ("2110", -5), ("1000", 5)),
    "landed_cost": lambda world: book(world, ("2120", -5), ("1000", 5)),
    "stored": stored_elsewhere,
    "bank_lines": bank_line,
    "bank_balances": bank_line,
    "counts": frozen_count,
}


def test_every_control_is_tried() -> None:
    assert list(BREACHES) == [control.name for control in CONTROLS]


@pytest.mark.parametrize("name", BREACHES)
def test_a_control_finds_what_it_is_for_and_nothing_before(world: World, name: str) -> None:
    def found(day: date) -> set[str]:
        with world.kernel.db.read() as session:
            return {each.control.name for each in run_controls(session, world.company.id, day)}

    assert found(END) == set()
    BREACHES[name](world)
    assert name in found(END)
    if name not in ("counts", "stored"):
        assert name not in found(date(2010, 11, 1))


def close(world: World, *accepted: str) -> None:
    with world.kernel.db.write() as session:
        close_month(session, world.company.id, FEBRUARY, by="ann", accepted=accepted)


def tasks(world: World) -> list[str]:
    with world.kernel.db.read() as session:
        return [task.name for task in checklist(session, world.company.id, FEBRUARY)]


def test_what_blocks_keeps_a_month_open_whatever_is_accepted(world: World) -> None:
    book(world, ("1590", 5), ("1000", -5))
    with pytest.raises(Conflict, match="2011-02 is not complete: suspense, 1 found"):
        close(world, "suspense")
    book(world, ("1590", -5), ("1000", 5))
    close(world)


def test_the_rest_may_be_accepted(world: World) -> None:
    book(world, ("2110", -5), ("1000", 5))
    book(world, ("6070", 9), ("1000", -9))
    # Nothing to share to: no order is booked in the month.
    assert tasks(world) == ["receipts"]
    book(world, ("1000", 5), ("4000", -5), order_id=1)
    assert tasks(world) == ["receipts", "allocation"]
    with pytest.raises(Conflict, match="receipts, 1 found .1 more") as caught:
        close(world)
    assert "accept receipts" in str(caught.value.hint)
    close(world, "receipts", "allocation")


def test_a_month_that_was_shared_must_be_shared_as_it_is(world: World) -> None:
    book(world, ("6070", 9), ("1000", -9))
    run_allocation(world.kernel, world.company.id, FEBRUARY, FEBRUARY, by="ann")
    assert tasks(world) == []
    book(world, ("6070", 1), ("1000", -1))
    with pytest.raises(Conflict, match="allocation_stale"):
        close(world, "allocation")
    run_allocation(world.kernel, world.company.id, FEBRUARY, FEBRUARY, by="ann")
    close(world)
    assert world.broken() == []


def test_tax_that_stands_in_no_return_is_found(world: World) -> None:
    world.stock("MUG 5 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 2 @ 5.00 on 2011-02-01 from ann to GB")
    assert "tax_boxes" not in tasks(world)

    book(world, ("2300", -77), ("1000", 77))

    assert "tax_boxes" in tasks(world)


def test_foreign_items_are_valued_before_a_month_closes(world: World) -> None:
    book(world, ("1100", 500), ("4000", -500), item="x", euros=600)
    with pytest.raises(Conflict, match="revaluation") as caught:
        close(world)
    assert "There is no rate from EUR" in str(caught.value.hint)

    with world.kernel.db.write() as session:
        say_rates(
            session,
            world.company.id,
            [RateDraft("EUR", "GBP", END, "0.9")],
            origin="test",
            actor="ann",
        )
    with pytest.raises(Conflict, match="revaluation, 1 found") as caught:
        close(world)
    assert "entrepot rates revalue 2011-02" in str(caught.value.hint)

    with world.kernel.db.write() as session:
        (valued,) = revalue(session, world.company.id, FEBRUARY)
    assert (valued.amount, valued.carried, valued.worth) == (600, 500, 540)
    close(world, "allocation")
    assert world.broken() == []


def test_the_commands_check_close_and_reopen(world: World) -> None:
    def call(*arguments: str, code: int = 0) -> object:
        words = ["period", *arguments, "--json"]
        ran = CliRunner().invoke(build(), words, obj=world.kernel.config)
        assert ran.exit_code == code, ran.output
        return json.loads(ran.stdout) if code < 2 else ran.output

    book(world, ("2110", -5), ("1000", 5))
    assert [row["task"] for row in call("check", "2011-02", code=1)["rows"]] == ["receipts"]
    assert "2011-02 is not complete" in call("close", "2011-02", code=2)
    assert call("close", "2011-02", "--accept", "receipts")["state"] == "closed"
    assert call("list")["rows"][0]["state"] == "closed"
    assert call("reopen", "2011-02", "--reason", "late bill")["state"] == "open"
    assert call("list")["rows"][0]["reason"] == "late bill"
