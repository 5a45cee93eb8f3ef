"""The commands: what they print, and how they end."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from core.cli import build
from tests.world import World


def run(world: World, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(build(), arguments, obj=world.kernel.config)
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture
def fee(world: World) -> str:
    return str(world.write_settlement("ServiceFee/ServiceFee/Robot Fee -3.00 on 2011-02-05"))


def test_a_settlement_from_file_to_mapping(world: World, fee: str) -> None:
    bring = ("import", "settlement", fee, "--connection", "Amazon", "--json")
    (told,) = json.loads(run(world, *bring))["statements"]
    assert (told["state"], told["received"], told["suspense"]) == ("booked", 1, 1)
    (again,) = json.loads(run(world, *bring))["statements"]
    assert (again["unchanged"], again["suspense"]) == (1, 0)

    (listed,) = json.loads(run(world, "settlement", "list", "--json"))["settlements"]
    assert (listed["settlement"], listed["declared"], listed["suspense"]) == ("901", "-3.00", 1)
    (unknown,) = json.loads(run(world, "settlement", "unmapped", "--json"))
    assert unknown["code"] == {"kind": "ServiceFee", "group": "ServiceFee", "name": "Robot Fee"}

    code = tuple(unknown["code"].values())
    said = run(world, "settlement", "map", *code, "--account", "6075", "--json")
    assert json.loads(said) == {"looked_at": 1, "moved": 1}
    shown = json.loads(run(world, "settlement", "show", "901", "--json"))
    assert [(each["account"], each["outcome"]) for each in shown["codes"]] == [("6075", "applied")]
    assert json.loads(run(world, "settlement", "resolve", "--json")) == {"looked_at": 0, "moved": 0}
    for words in (("list",), ("show", "901"), ("unmapped",), ("resolve",)):
        run(world, "settlement", *words)


def test_a_settlement_that_does_not_add_up_ends_with_1(world: World) -> None:
    path = world.write_settlement("ServiceFee/ServiceFee/Fee -3.00 on 2011-02-05", total="-2.99")
    out = run(world, "import", "settlement", str(path), "--connection", "Amazon", code=1)
    assert "a difference of -0.01" in out


def test_what_is_not_there_is_said(world: World) -> None:
    run(world, "settlement", "show", "none", code=2)
