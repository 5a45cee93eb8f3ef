"""Work in warehouses from the command line: what is moved, counted, sent and recounted."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner

from core.cli import build
from core.config import ROOT
from core.config import Config
from tests.world import World


def run(world: World, *words: str, code: int = 0) -> Any:
    """Run `entrepot stock …` and return what it printed as JSON, or what it refused as text."""
    url = world.kernel.db.url.render_as_string(hide_password=False)
    config = Config(world.folder, url, (ROOT / "addons",))
    # Options first: a negative quantity stands after `--`.
    place = words.index("--") if "--" in words else len(words)
    told = ["stock", *words[:place], "--json", *words[place:]]
    result = CliRunner().invoke(build(), told, obj=config)
    assert result.exit_code == code, result.output
    return result.output if code == 2 else json.loads(result.output)


def lies(world: World, sku: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Return what `stock show` says of a SKU: on hand and reserved by warehouse and condition."""
    return {
        (row["warehouse"], row["condition"]): (row["on_hand"], row["reserved"])
        for row in run(world, "show", sku)["rows"]
    }


def test_goods_are_moved_and_shown(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30", "CUP 5 @ 1.00 on 2010-11-30")
    gained = run(world, "move", "MAIN", "MUG", "3", "--reason", "found", "--unit-cost", "2.50")
    lost = run(world, "move", "--reason", "lost", "MAIN", "MUG", "--", "-2")
    run(world, "move", "MAIN", "MUG", "4", "--to-condition", "damaged")
    run(world, "move", "MAIN", "MUG", "1", "--to-sku", "CUP")

    assert (gained["quantity"], gained["value"]) == (3, 750)
    assert (lost["quantity"], lost["value"]) == (-2, -400)
    assert lies(world, "MUG") == {("MAIN", "sellable"): (5, 0), ("MAIN", "damaged"): (4, 0)}
    assert lies(world, "CUP") == {("MAIN", "sellable"): (6, 0)}
    assert {row["sku"] for row in run(world, "show", "--warehouse", "MAIN")["rows"]} == {
        "MUG",
        "CUP",
    }
    assert not world.broken()


def test_what_cannot_be_moved_is_refused(world: World) -> None:
    world.stock("MUG 2 @ 2.00 on 2010-11-30")

    assert "exactly one of" in run(world, "move", "MAIN", "MUG", "1", code=2)
    assert "3 are asked for" in run(
        world, "move", "MAIN", "MUG", "3", "--to-condition", "damaged", code=2
    )
    assert "NOWHERE" in run(world, "move", "NOWHERE", "MUG", "1", "--reason", "found", code=2)
    assert lies(world, "MUG") == {("MAIN", "sellable"): (2, 0)}


def test_an_act_with_a_key_is_done_once(world: World) -> None:
    world.stock("MUG 2 @ 2.00 on 2010-11-30")
    act = ("move", "MAIN", "MUG", "1", "--reason", "found", "--key", "shelf 7")
    run(world, *act)

    assert "done already" in run(world, *act, code=2)
    assert lies(world, "MUG") == {("MAIN", "sellable"): (3, 0)}


def test_a_transfer_goes_in_parts(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    run(world, "warehouse", "add", "NORTH", "--country", "GB")
    planned = run(world, "transfer", "plan", "MAIN", "NORTH", "MUG=6", "--reference", "T1")
    run(world, "transfer", "ship", "T1")

    assert planned["reference"] == "T1"
    assert lies(world, "MUG")["TRANSIT", "sellable"] == (6, 0)
    run(world, "transfer", "receive", "T1", "MUG=4")
    closed = run(world, "transfer", "lose", "T1")
    assert closed["state"] == "closed"
    assert lies(world, "MUG") == {
        ("MAIN", "sellable"): (3, 0),
        ("NORTH", "sellable"): (4, 0),
        ("TRANSIT", "sellable"): (0, 0),
    }
    assert "MUG12" in run(world, "transfer", "plan", "MAIN", "NORTH", "MUG12", code=2)
    assert not world.broken()


def test_a_count_books_what_differs(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30", "CUP 5 @ 1.00 on 2010-11-30")
    run(world, "count", "open", "MAIN", "--reference", "C1")
    run(world, "count", "freeze", "C1")
    run(world, "count", "enter", "C1", "MUG=7")
    posted = run(world, "count", "post", "C1")

    assert (posted["fitting"], posted["differing"], posted["not_counted"]) == (0, 1, 1)
    assert lies(world, "MUG") == {("MAIN", "sellable"): (7, 0)}
    assert lies(world, "CUP") == {("MAIN", "sellable"): (5, 0)}
    assert not world.broken()


def test_a_recount_finds_and_repairs_what_drifted(world: World) -> None:
    world.stock("MUG 9 @ 2.00 on 2010-11-30")
    assert run(world, "recount") == {"levels": 1, "drifts": [], "repaired": 0}
    world.change("UPDATE stock_level SET on_hand = 12")

    found = run(world, "recount", code=1)
    assert [(row["on_hand"], row["moved"]) for row in found["drifts"]] == [(12, 9)]
    assert run(world, "recount", "--repair")["repaired"] == 1
    assert lies(world, "MUG") == {("MAIN", "sellable"): (9, 0)}
