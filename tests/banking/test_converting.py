"""Converting money on the command line."""

from __future__ import annotations

import json

from click.testing import CliRunner
from click.testing import Result

from core.cli import build
from tests.world import World


def run(world: World, *arguments: str) -> Result:
    return CliRunner().invoke(build(), arguments, obj=world.kernel.config)


def test_a_withdrawal_is_booked_once(world: World) -> None:
    world.rates("EUR/GBP 0.85 on 2011-02-01")
    for name, account, currency in (("Wallet", "1050", "EUR"), ("Bank", "1000", "GBP")):
        layout = ("--layout", "date=D", "--layout", "amount=A")
        saved = run(
            world, "bank", "save", name, "--account", account, "--currency", currency, *layout
        )
        assert saved.exit_code == 0, saved.output
    words = (
        "bank", "convert", "Wallet", "100.00", "Bank", "83.00", "--fee", "1.00",
        "--on", "2011-02-03", "--reference", "W-1", "--json",
    )  # fmt: skip
    assert json.loads(run(world, *words).output) == {
        "currency": "GBP", "carried": "85.00", "fee": "0.85", "difference": "1.15",
        "off_market": "1.15",
    }  # fmt: skip
    again = run(world, *words)
    assert (again.exit_code, "is booked already" in again.output) == (2, True)
    wrong = run(world, *(word.replace("83.00", "0") for word in words))
    assert "must be above zero" in wrong.output
    assert world.broken() == []
