"""Bank statements: read by a saved layout, each line once, payouts found and booked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.banking.importing import BankResult
from core.banking.importing import import_bank_file
from core.banking.profiles import save_profile
from core.banking.reading import check_layout
from core.banking.reading import read_lines
from core.cli import build
from core.errors import InputError
from core.errors import NotFound
from tests.world import World

LAYOUT = {"date": "Date", "amount": "Amount", "text": "Text"}
FEE = "other-transaction/other-transaction/SAFE-T Reimbursement {} on 2011-02-10"


def save(world: World, account: str = "1050", **layout: str) -> None:
    with world.kernel.db.write() as session:
        save_profile(
            session, world.company.id, "Wallet", account=account, currency="GBP",
            layout={**LAYOUT, **layout},
        )  # fmt: skip


def bring(world: World, *lines: str, header: str = "Date,Amount,Text") -> BankResult:
    path = world.folder / "bank.csv"
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    return import_bank_file(world.kernel, world.company.id, "Wallet", path)


def pay(world: World, ref: str, amount: str, deposited: str = "2011-03-05") -> None:
    world.settle(FEE.format(amount), ref=ref, deposited=f"{deposited} 00:00:00 UTC")


def test_a_payout_that_arrives_is_booked(world: World) -> None:
    save(world)
    pay(world, "901", "15.00")
    assert bring(world, "2011-03-07,15.00,AMAZON") == BankResult(1, 1, 0, 1)
    assert world.booked("bank:Wallet") == {"1050": 1500, "1060": -1500}
    assert world.open_items("1060") == {}
    assert bring(world, "2011-03-07,15.00,AMAZON") == BankResult(1, 0, 1, 0)
    assert world.broken() == []


def test_a_line_that_is_no_payout_stays_open(world: World) -> None:
    save(world)
    pay(world, "901", "15.00")
    found = bring(world, "2011-03-07,14.99,x", "2011-03-30,15.00,late", "2011-03-01,15.00,early")
    assert found == BankResult(3, 3, 0, 0)
    assert world.booked("bank:") == {}
    assert world.open_items("1060") == {"901": 1500}


def test_a_payout_that_comes_in_after_its_line_is_found_by_the_next_import(world: World) -> None:
    save(world)
    assert bring(world, "2011-03-07,15.00,AMAZON").matched == 0
    pay(world, "901", "15.00")
    assert bring(world, "2011-03-07,15.00,AMAZON") == BankResult(1, 0, 1, 1)
    assert world.open_items("1060") == {}


def test_of_equal_payouts_the_line_names_one_or_is_nearest_to_it(world: World) -> None:
    save(world)
    pay(world, "901", "15.00", "2011-03-05")
    pay(world, "902", "15.00", "2011-03-08")
    bring(world, "2011-03-07,15.00,payout 901")
    assert world.open_items("1060") == {"902": 1500}
    pay(world, "903", "15.00", "2011-03-12")
    bring(world, "2011-03-09,15.00,AMAZON")
    assert world.open_items("1060") == {"903": 1500}


def test_where_it_could_be_either_nothing_is_booked(world: World) -> None:
    save(world)
    pay(world, "901", "15.00", "2011-03-05")
    pay(world, "902", "15.00", "2011-03-09")
    assert bring(world, "2011-03-07,15.00,AMAZON").matched == 0
    assert bring(world, "2011-03-07,15.00,AMAZON 901 902").matched == 0


def test_a_card_that_was_charged_is_found_too(world: World) -> None:
    save(world, account="1000")
    other = "other-transaction/other-transaction"
    world.settle(
        f"{other}/Subscription Fee -5.00 on 2011-02-10",
        f"{other}/Successful charge 5.00 on 2011-02-11",
    )
    assert bring(world, "2011-03-06,-5.00,AMAZON").matched == 1
    assert world.booked("bank:") == {"1000": -500, "1060": 500}
    assert world.broken() == []


def test_files_that_overlap_hold_the_same_lines(world: World) -> None:
    save(world)
    twice = ["2011-03-07,1.00,a"] * 2
    assert bring(world, *twice).added == 2
    assert bring(world, *twice, "2011-03-07,1.00,a", "2011-03-08,1.00,a").added == 2


@pytest.mark.parametrize(
    ("layout", "header", "line", "amount"),
    [
        ({"decimal": ",", "delimiter": ";", "date_format": "%d.%m.%Y"}, "Date;Amount;Text",
         '07.03.2011;"-1.234,50";x', -123450),
        ({"amount": "", "credit": "In", "debit": "Out"}, "Date,In,Out,Text",
         "2011-03-07,,3.10,x", -310),
        ({"amount": "", "credit": "In", "debit": "Out"}, "Date,In,Out,Text",
         '2011-03-07,"1,000.00",,x', 100000),
        ({"reference": "Ref"}, "Date,Amount,Text,Ref", "2011-03-07,1,x,901", 100),
    ],
)  # fmt: skip
def test_any_layout_of_a_bank(
    tmp_path: Path, layout: dict[str, str], header: str, line: str, amount: int
) -> None:
    path = tmp_path / "bank.csv"
    path.write_text(f"{header}\n\n{line}\n", encoding="utf-8-sig")
    (fact,) = read_lines(path, check_layout({**LAYOUT, **layout}), "GBP")
    assert (fact.amount, str(fact.booked_on)) == (amount, "2011-03-07")


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ("Date,Text\n", "column Amount is missing"),
        ("Date,Amount,Text\n7.3.2011,1.00,x\n", "line 2.*no date"),
        ("Date,Amount,Text\n2011-03-07,1.005,x\n", "line 2.*no amount"),
        ("Date,Amount,Text\n2011-03-07,1.00\n", "line 2.*2 cells"),
        ("Date,Amount,Text\n2011-03-07,\"1.00,x\n", "cannot be read"),
        ("", "column Date is missing"),
    ],
)  # fmt: skip
def test_a_bad_file_changes_nothing(world: World, lines: str, wrong: str) -> None:
    save(world)
    path = world.folder / "bank.csv"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(InputError, match=wrong):
        import_bank_file(world.kernel, world.company.id, "Wallet", path)
    assert world.rows("SELECT COUNT(*) FROM banking_line")[0][0] == 0


@pytest.mark.parametrize(
    ("layout", "wrong"),
    [
        ({"amount": "A"}, "holds the date"),
        ({"date": "D"}, "either the column"),
        ({"date": "D", "amount": "A", "debit": "B"}, "either the column"),
        ({"date": "D", "amount": "A", "decimal": "'"}, "marks no decimals"),
        ({"date": "D", "amount": "A", "encoding": "none"}, "no encoding"),
        ({"date": "D", "amount": "A", "delimiter": ";;"}, "one character"),
        ({"date": "D", "amount": "A", "colour": "B"}, "no part of a layout"),
    ],
)
def test_a_layout_by_which_nothing_could_be_read_is_refused(
    layout: dict[str, str], wrong: str
) -> None:
    with pytest.raises(InputError, match=wrong):
        check_layout(layout)


def test_a_bank_must_be_known_and_hold_money(world: World) -> None:
    with pytest.raises(NotFound, match="There is no bank"):
        bring(world)
    with pytest.raises(InputError, match="neither a bank nor a wallet"):
        save(world, account="4000")


def test_the_commands(world: World) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(build(), arguments, obj=world.kernel.config)
        assert result.exit_code == 0, result.output
        return result.stdout

    layout = [part for name, column in LAYOUT.items() for part in ("--layout", f"{name}={column}")]
    run("bank", "save", "Wallet", "--account", "1050", "--currency", "GBP", *layout)
    pay(world, "901", "15.00")
    path = world.folder / "bank.csv"
    path.write_text("Date,Amount,Text\n2011-03-07,15.00,AMAZON\n2011-03-08,2.00,other\n")
    told = json.loads(run("import", "bank", str(path), "--bank", "Wallet", "--json"))
    assert told == {"received": 2, "added": 2, "unchanged": 0, "matched": 1}
    (line,) = json.loads(run("bank", "lines", "Wallet", "--open", "--json"))
    assert (line["amount"], line["payout"]) == ("2.00", None)
    assert "amazon/Amazon/901" in run("bank", "lines", "Wallet")
