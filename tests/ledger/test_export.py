"""Exports: other programs read the journal and find the same entries and the same balances."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from core.cli import build
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.journal import Original
from tests.world import World

NOWHERE = Dimensions()
POSTING = re.compile(
    r"    (?P<name>\S+)  (?P<amount>-?[\d.]+) (?P<cur>[A-Z]{3})"
    r"(?: @@ (?P<price>[\d.]+) (?P<home>[A-Z]{3}))?(?: = (?P<stands>-?[\d.]+) [A-Z]{3})?"
)


def bean_check(path: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("bean-check")
    return subprocess.run(
        [program, "--no-cache", path], capture_output=True, text=True, check=False
    )


def export(world: World, name: str, form: str, *more: str, code: int = 0) -> Path:
    path = world.folder / name
    arguments = ["export", "journal", str(path), "--format", form, *more]
    ran = CliRunner().invoke(build(), arguments, obj=world.kernel.config)
    assert ran.exit_code == code, ran.output
    return path


@pytest.fixture
def traded(world: World) -> World:
    """Give books in pounds with sales, a foreign bill, its payment at another rate, a valuation."""
    world.stock("MUG 3 @ 3.333333 on 2010-11-30")
    world.orders(
        "1001 MUG 2 @ 5.00 on 2011-01-01 from ann",
        '1002 MUG 1 @ 4.99 on 2011-02-01 from bob called A "quoted" \\ title; (odd) | one',
    )
    euro = Original("EUR", 100_00)
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        bill = journal.entry(next_id(session), "bill", "manual", date(2011, 1, 10))
        bill.narration = "=HYPERLINK(1); (a bill)"
        bill.add("6110", 85_00, NOWHERE, original=euro)
        bill.add("2100", -85_00, NOWHERE, original=Original("EUR", -100_00))
        worth = journal.entry(next_id(session), "worth", "manual", date(2011, 1, 31))
        worth.add("9010", 2_00, NOWHERE, tag="revaluation")
        worth.add("2100", -2_00, NOWHERE, tag="revaluation", original=Original("EUR", 0))
        paid = journal.entry(next_id(session), "paid", "manual", date(2011, 2, 10))
        paid.add("2100", 87_00, NOWHERE, tag="conversion", original=euro)
        paid.add("1000", -84_00, NOWHERE, tag="conversion")
        paid.add("9000", -3_00, NOWHERE, tag="conversion")
        journal.post()
    assert world.broken() == []
    return world


def test_beancount_reads_foreign_amounts_with_their_price(traded: World) -> None:
    path = export(traded, "all.beancount", "beancount")
    text = path.read_text(encoding="utf-8")
    assert "100.00 EUR @@ 85.00 GBP" in text
    checked = bean_check(path)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_beancount_finds_an_entry_balanced_whose_prices_cannot_be_told_for_one_unit(
    world: World,
) -> None:
    legs = ((-2380, -18588), (357, 2788), (350, 2734), (12, 94), (397, 3101), (1264, 9871))
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        entry = journal.entry(next_id(session), "all foreign", "manual", date(2011, 1, 10))
        for own, worth in legs:
            entry.add("1100", worth, NOWHERE, original=Original("EUR", own))
        journal.post()
    checked = bean_check(export(world, "foreign.beancount", "beancount"))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize("span", [("2011-01-15", "2011-02-28"), ("2011-02-10", "2011-02-10")])
def test_a_period_begins_with_what_was_brought_forward(
    traded: World, span: tuple[str, str]
) -> None:
    days = ("--from", span[0], "--to", span[1])
    path = export(traded, "part.beancount", "beancount", *days)
    assert "Balances brought forward" in path.read_text(encoding="utf-8")
    checked = bean_check(path)
    assert (checked.returncode, checked.stderr) == (0, "")
    add_up(export(traded, "part.ledger", "ledger", *days))


def add_up(path: Path) -> Counter[tuple[str, str]]:
    """Read a journal as ledger-cli does: entries balance, and the assertions at the end hold."""
    stands: Counter[tuple[str, str]] = Counter()
    asserted = 0
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        worth = Counter[str]()
        for line in block.splitlines():
            found = POSTING.fullmatch(line)
            if found is None:
                assert not line.startswith("    ") or line.startswith("    ; "), line
                continue
            amount = Decimal(found["amount"])
            stands[found["name"], found["cur"]] += amount
            if found["price"]:
                worth[found["home"]] += Decimal(found["price"]) * (1 if amount >= 0 else -1)
            else:
                worth[found["cur"]] += amount
            if found["stands"]:
                asserted += 1
                assert stands[found["name"], found["cur"]] == Decimal(found["stands"]), line
        assert not any(worth.values()), block
    assert asserted
    return stands


def test_ledger_cli_finds_the_balances_of_the_books(traded: World) -> None:
    path = export(traded, "all.ledger", "ledger")
    stands = add_up(path)
    names = dict(traded.rows("SELECT code, beancount FROM ledger_account"))
    booked = traded.booked("")
    for code in ("1000", "1210", "4000", "9000", "9010"):
        assert stands[names[code], "GBP"] * 100 == booked[code], code
    # The bill was paid: nothing of it is left in euros, and nothing in pounds.
    assert stands[names["2100"], "EUR"] == 0
    text = path.read_text(encoding="utf-8")
    assert "=HYPERLINK[1], [a bill]" in text
    # A posting spoilt is found by the balances at the end.
    path.write_text(text.replace("-84.00 GBP", "-83.00 GBP").replace("  -3.00 GBP", "  -4.00 GBP"))
    with pytest.raises(AssertionError):
        add_up(path)


@pytest.mark.parametrize("program", ["ledger", "hledger"])
def test_the_program_itself_reads_it(traded: World, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: nothing has read the file but these tests")
    path = export(traded, "all.ledger", "ledger")
    ran = subprocess.run([program, "-f", path, "bal"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_vouchers_balance_and_are_numbered_by_month(traded: World) -> None:
    path = export(traded, "v.csv", "voucher")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows:
        key = (row["日期"][:7], row["凭证号"])
        sums[key] += Decimal(row["借方金额"] or 0) - Decimal(row["贷方金额"] or 0)
    assert not any(sums.values())
    assert [n for month, n in sums if month == "2011-02"] == ["1", "2"]
    foreign = next(row for row in rows if row["科目代码"] == "6110")
    assert (foreign["币种"], foreign["原币金额"], foreign["汇率"]) == ("EUR", "100.00", "0.850000")
    assert foreign["摘要"].startswith("'=HYPERLINK")


def test_vouchers_speak_the_accounts_of_the_other_program(traded: World) -> None:
    codes = sorted({code for code, *_ in traded.rows(
        "SELECT DISTINCT a.code FROM ledger_posting p JOIN ledger_account a"
        " ON a.company_id = p.company_id AND a.id = p.account_id"
    )})  # fmt: skip
    theirs = traded.folder / "accounts.csv"
    head = "code,their_code,their_title\n"
    lines = [f"{code},9{code},科目{code}\n" for code in codes]
    theirs.write_text(head + "".join(lines[1:]), encoding="utf-8")
    export(traded, "v.csv", "voucher", "--accounts", str(theirs), code=2)
    theirs.write_text(head + "".join(lines), encoding="utf-8")
    more = ("--accounts", str(theirs), "--encoding", "gb18030")
    text = export(traded, "v.csv", "voucher", *more).read_text(encoding="gb18030")
    assert "96110,科目6110" in text
    export(traded, "v.csv", "voucher", "--encoding", "ascii", code=2)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_general_journal_holds_every_posting_and_no_formula(traded: World, form: str) -> None:
    path = export(traded, f"j.{form}", form)
    if form == "csv":
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        told = {row["narration"] for row in rows}
        assert "'=HYPERLINK(1); (a bill)" in told
    else:
        sheet = load_workbook(path).active
        head, *cells = sheet.iter_rows()
        rows = [{h.value: c.value for h, c in zip(head, row, strict=True)} for row in cells]
        kinds = {c.data_type for row in cells for c in row}
        assert "f" not in kinds
        assert "=HYPERLINK(1); (a bill)" in {row["narration"] for row in rows}
    assert len(rows) == traded.rows("SELECT COUNT(*) FROM ledger_posting")[0][0]
    total = sum(Decimal(str(row["debit"] or 0)) - Decimal(str(row["credit"] or 0)) for row in rows)
    assert total == 0
