"""Settlement reports of real accounts: they tie to the cent, count once, and lose no row."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from addons.amazon_settlements.report import SettlementReport
from core.config import ROOT
from tests.world import World

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
FOLDER = SHARED / "specs" / "amazon" / "reports-flatfile"
FILES = sorted(FOLDER.glob("settlement_v*.txt"))
IDS = ("21212827355", "23208134526", "25323076572", "26902117498", "26941480912")

pytestmark = pytest.mark.skipif(
    not FILES, reason=f"there are no reports in {FOLDER}; ENTREPOT_SHARED names another folder"
)


def real(layout: str, ref: str) -> Path:
    return next(
        path for path in FILES if path.name.startswith(f"settlement_{layout}_") and ref in path.name
    )


@pytest.fixture
def canadian(world: World) -> World:
    """Give a company that keeps its books in Canadian dollars."""
    world.change("UPDATE kernel_company SET currency = 'CAD'")
    return world


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_report_ties_to_its_header(path: Path) -> None:
    report = SettlementReport(path)
    assert sum(line.amount for line in report.lines()) == report.facts.total


@pytest.mark.parametrize("ref", IDS)
def test_both_layouts_tell_the_same_amounts(ref: str) -> None:
    def told(layout: str) -> Counter[tuple[str, str, str, int]]:
        return Counter(
            (line.order_ref, line.sku, line.code.name, line.amount)
            for line in SettlementReport(real(layout, ref)).lines()
            if line.amount
        )

    assert told("v1") == told("v2")


@pytest.mark.parametrize(("first", "second"), [("v1", "v2"), ("v2", "v1"), ("v2", "v2")])
def test_a_settlement_counts_once_in_whatever_layout(
    canadian: World, first: str, second: str
) -> None:
    for ref in IDS:
        found = canadian.settlement_file(real(first, ref)).statements[0]
        assert found.state == "booked"
        assert found.received == found.applied + found.suspense > 0
    assert canadian.broken() == []
    before = canadian.digest()
    for ref in IDS:
        again = canadian.settlement_file(real(second, ref)).statements[0]
        assert again.unchanged == again.received
    assert canadian.digest() == before


def test_no_money_is_lost_on_the_way(canadian: World) -> None:
    for ref in IDS:
        canadian.settlement_file(real("v2", ref))
    paid = {"21212827355": 253966, "25323076572": 389424, "26902117498": 1001564}
    paid |= {"26941480912": 101608 - 6231}
    # A card was charged in two of them.
    assert canadian.open_items("1060") == paid | {"23208134526": -3209}
    assert canadian.open_items("1220") == {"carry/CAD": -32169 + 6231}


def test_one_cent_altered_keeps_the_whole_report_aside(canadian: World, tmp_path: Path) -> None:
    before = canadian.digest().derived
    for path in FILES:
        lines = path.read_text().splitlines(keepends=True)
        last = next(i for i in range(len(lines) - 1, 0, -1) if "Commission" in lines[i] or i == 2)
        amounts = SettlementReport(path)
        line = next(x for x in amounts.lines() if x.line_number >= last + 1 and x.amount)
        text = f"{abs(line.amount) / 100:.2f}"
        assert text in lines[line.line_number - 1]
        lines[line.line_number - 1] = lines[line.line_number - 1].replace(
            text, f"{abs(line.amount) / 100 + 0.01:.2f}", 1
        )
        altered = tmp_path / path.name
        altered.write_text("".join(lines))
        found = canadian.settlement_file(altered).statements[0]
        assert (found.state, found.applied) == ("quarantined", 0), path.name
        assert "a difference of" in (found.reason or "")
        assert found.quarantined == found.received
    assert canadian.digest().derived == before


def test_codes_that_nobody_knows_wait_in_suspense(world: World) -> None:
    world.change("UPDATE kernel_company SET currency = 'USD'")
    (path,) = (path for path in FILES if "synthetic_US" in path.name)
    found = world.settlement_file(path).statements[0]
    assert (found.state, found.received) == ("booked", 23)
    rows = world.rows(
        "SELECT r.name FROM settlements_booking b JOIN settlements_row r"
        " ON r.company_id = b.company_id AND r.id = b.id"
        " WHERE b.reason = 'unknown_code' ORDER BY r.name"
    )
    assert [row[0] for row in rows] == ["LowInventoryLevelFee", "Refund Reimbursal"]
    assert world.broken() == []
