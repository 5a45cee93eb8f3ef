"""Rates of exchange on the command line."""

from __future__ import annotations

import json

from click.testing import CliRunner
from click.testing import Result

from core.cli import build
from tests.world import World


def run(world: World, *arguments: str) -> Result:
    return CliRunner().invoke(build(), arguments, obj=world.kernel.config)


def test_rates_are_said_listed_and_looked_up(world: World) -> None:
    assert run(world, "rates", "add", "eur", "gbp", "0.8500", "--on", "2011-02-01").exit_code == 0
    assert json.loads(run(world, "rates", "list", "--json").output)["rates"][0]["rate"] == "0.85"
    told = run(world, "rates", "show", "EUR", "--on", "2011-02-03")
    assert told.output == "1 EUR = 0.85 GBP: EUR/GBP 0.85 (own, 2011-02-01)\n"
    missing = run(world, "rates", "show", "EUR", "--on", "2011-01-31")
    assert missing.exit_code == 2
    assert "Add it: entrepot rates add EUR GBP RATE --on 2011-01-31." in missing.output


def test_a_file_of_rates_is_imported_whole_or_not_at_all(world: World) -> None:
    path = world.folder / "rates.csv"
    path.write_text("date,base,quote,rate\n2011-02-01,EUR,GBP,0.85\n2011-02-02,EUR,GBP,-1\n")
    refused = run(world, "rates", "import", str(path))
    assert refused.exit_code == 2
    assert "line 3" in refused.output
    assert world.rows("SELECT 1 FROM rates_own") == []
    path.write_text("date,base,quote,rate\n2011-02-01,EUR,GBP,0.85\n2011-02-02,EUR,GBP,0.86\n")
    assert json.loads(run(world, "rates", "import", str(path), "--json").output) == {
        "received": 2, "changed": 2
    }  # fmt: skip
    assert json.loads(run(world, "rates", "import", str(path), "--json").output)["changed"] == 0
