"""Tax is paid to an authority, less what it gives back, or comes back."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner

from core.banking.profiles import get_profile
from core.banking.profiles import save_profile
from core.banking.remitting import Remittance
from core.banking.remitting import Remitted
from core.banking.remitting import remit_tax
from core.cli import build
from core.errors import Conflict
from core.errors import InputError
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.journal import Original
from tests.world import World

NOWHERE = Dimensions()


@pytest.fixture
def taxed(world: World) -> World:
    """Give books in pounds that owe £ 90.00 and € 100.00 at 0.80, and reclaim £ 30.00."""
    layout = {"date": "Date", "amount": "Amount", "text": "Text"}
    with world.kernel.db.write() as session:
        for name, account, currency in (("Bank", "1000", "GBP"), ("Euros", "1010", "EUR")):
            save_profile(
                session, world.company.id, name, account=account, currency=currency, layout=layout
            )
        journal = Journal(session, world.company.id, "GBP")
        home = journal.entry(next_id(session), "home", "manual", date(2011, 1, 31))
        home.add("2300", -90_00, NOWHERE)
        home.add("1500", 30_00, NOWHERE)
        home.add("1000", 60_00, NOWHERE)
        abroad = journal.entry(next_id(session), "abroad", "manual", date(2011, 1, 31))
        abroad.add("2320", -80_00, NOWHERE, original=Original("EUR", -100_00))
        abroad.add("1210", 80_00, NOWHERE, original=Original("EUR", 100_00))
        journal.post()
    return world


def pay(world: World, bank: str, reference: str = "Q1", **amounts: int) -> Remitted:
    told = {name.removeprefix("a"): amount for name, amount in amounts.items()}
    with world.kernel.db.write() as session:
        profile = get_profile(session, world.company.id, bank)
        return remit_tax(session, profile, Remittance(reference, date(2011, 2, 7), told))


def test_what_is_owed_is_paid_less_what_is_reclaimed(taxed: World) -> None:
    assert pay(taxed, "Bank", a2300=90_00, a1500=30_00) == Remitted(60_00, 0)
    assert taxed.booked("tax_payment:Q1") == {"1000": -60_00, "1500": -30_00, "2300": 90_00}
    assert taxed.broken() == []


def test_more_reclaimed_than_owed_comes_to_the_bank(taxed: World) -> None:
    assert pay(taxed, "Bank", a2300=10_00, a1500=30_00) == Remitted(-20_00, 0)
    assert taxed.booked("tax_payment:Q1")["1000"] == 20_00


def test_a_foreign_tax_goes_at_what_it_carries_and_the_rate_s_change_is_realised(
    taxed: World,
) -> None:
    taxed.rates("EUR/GBP 0.85 on 2011-02-01")
    assert pay(taxed, "Euros", a2320=40_00) == Remitted(40_00, 2_00)
    assert pay(taxed, "Euros", "Q1b", a2320=60_00) == Remitted(60_00, 3_00)
    booked = taxed.booked("tax_payment:")
    assert booked == {"1010": -85_00, "2320": 80_00, "9000": 5_00}
    assert taxed.broken() == []


def test_a_payment_is_booked_once_and_never_more_than_is_there(taxed: World) -> None:
    with pytest.raises(InputError, match="more than stands on 2300 in GBP"):
        pay(taxed, "Bank", a2300=90_01)
    with pytest.raises(InputError, match="4000 is no account of a tax"):
        pay(taxed, "Bank", a4000=1)
    pay(taxed, "Bank", a2300=10_00)
    with pytest.raises(Conflict, match="Q1 is booked already"):
        pay(taxed, "Bank", a2300=10_00)
    assert taxed.booked("tax_payment:") == {"1000": -10_00, "2300": 10_00}


def test_the_command_line_pays(taxed: World) -> None:
    told = ["bank", "pay-tax", "Q1", "2300=90.00", "1500=30", "--bank", "Bank"]
    ran = CliRunner().invoke(
        build(), [*told, "--on", "2011-02-07", "--json"], obj=taxed.kernel.config
    )
    assert ran.exit_code == 0, ran.output
    assert '"paid": "60.00"' in ran.output
