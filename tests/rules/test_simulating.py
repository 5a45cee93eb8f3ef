"""Drafts are tried on past orders: what differs is shown, and nothing is changed."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner

from core.cli import build
from tests.rules.ruling import choice
from tests.rules.ruling import condition
from tests.rules.ruling import drafted
from tests.rules.ruling import import_waiting
from tests.rules.ruling import live
from tests.rules.ruling import rule
from tests.rules.ruling import tags
from tests.world import World

ONE = "1001 MUG 2 @ 5.00 on 2011-02-01 from ann to GB"
TWO = "1002 MUG 1 @ 50.00 on 2011-02-02 from bob to DE"
BRITISH = condition("country", "is_one_of", "GB")


def entrepot(world: World, *arguments: str, code: int = 0) -> Any:
    result = CliRunner().invoke(build(), ["rules", *arguments], obj=world.kernel.config)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout) if code == 0 else result.output


def test_a_draft_is_compared_with_what_decides(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    live(world, rule("Slow", does="service slow"))
    import_waiting(world, (ONE, {}), (TWO, {}))
    (draft,) = drafted(world, rule("Home", BRITISH, does="tag home; service fast"))
    before = world.digest()

    tried = entrepot(world, "simulate", "--json")

    assert (tried["looked_at"], tried["changed"]) == (2, 1)
    assert tried["differences"] == [{"what": "tags", "before": "", "after": "home", "orders": 1}]
    (change,) = tried["changes"]
    assert change["order"] == "1001"
    assert change["why"][1]["left"][0]["decided_by"] == "Slow"
    assert {each["name"]: each["after"] for each in tried["rules"]} == {"Slow": 2, "Home": 1}
    assert world.digest() == before
    assert tags(world, "1001") == []
    assert draft


def test_a_file_is_tried_imported_and_exported(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    import_waiting(world, (ONE, {}), (TWO, {}))
    file = world.folder / "rules.json"
    document = {"rules": [{**rule("Home", BRITISH, does="service fast"), "enabled": True}]}
    file.write_text(json.dumps(document), encoding="utf-8")

    assert entrepot(world, "simulate", "--file", str(file), "--json")["changed"] == 1
    assert entrepot(world, "import", str(file), "--json")["added"] == ["Home"]
    assert entrepot(world, "import", str(file), "--json")["unchanged"] == ["Home"]
    assert entrepot(world, "export") == document
    entrepot(world, "live", "Home", "--json")
    (applied,) = entrepot(world, "apply", "1001", "--json")

    assert applied["order"] == "1001"
    assert choice(world, "1001").service == "fast"
    assert choice(world, "1002") is None
    assert [each["live_version"] for each in entrepot(world, "list", "--json")] == [1]


def test_a_bad_file_changes_nothing(world: World) -> None:
    file = world.folder / "rules.json"
    good = rule("Good", does="tag x")
    bad = {**good, "name": "Bad", "actions": [{"do": "dance"}]}
    file.write_text(json.dumps({"rules": [good, bad]}), encoding="utf-8")

    said = entrepot(world, "import", str(file), code=2)

    assert "rules[2]" in said
    assert "'dance' is not an action" in said
    assert entrepot(world, "list", "--json") == []
    file.write_text("{", encoding="utf-8")
    assert "is not JSON" in entrepot(world, "simulate", "--file", str(file), code=2)
    assert "no order" in entrepot(world, "apply", "4711", code=2)
    assert "no rule" in entrepot(world, "live", "Nobody", code=2)
