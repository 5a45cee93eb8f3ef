"""Declarations: duty on the goods, import VAT reclaimed or not, and what the customs rate says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

from core.cli import build
from core.costing.paying import Payment
from core.costing.paying import pay_supplier
from core.costing.suppliers import vat_key
from core.customs.declaring import DeclarationDraft
from core.customs.declaring import check
from core.customs.declaring import declare
from core.errors import Conflict
from core.errors import InputError
from core.errors import Unresolved
from core.rates.customs import recorded_on
from core.rates.customs import say_customs_rate
from core.tax.forms import Period
from core.tax.numbers import LOCAL
from core.tax.returns import boxes
from core.tax.returns import form_of
from core.tax.sellers import add_registration
from tests.costing.buying import Buyer
from tests.costing.test_commands import entrepot
from tests.costing.test_foreign import open_items
from tests.rates.test_published import enable
from tests.world import World

DAY = date(2011, 1, 12)


def buyer_in(world: World, country: str = "") -> Buyer:
    """Receive ten mugs for 100.00, of which four are sold."""
    buyer = Buyer(world)
    buyer.receive("R1", "MUG 10 for 100.00")
    buyer.sell("1", "MUG", 4)
    if country:
        buyer.do(add_registration, country, LOCAL, since=date(2010, 1, 1))
    return buyer


def owed(world: World) -> dict[str, tuple[str, int, int]]:
    found = open_items(world).items()
    return {key: item for key, item in found if key.startswith("2100")}


def draft(**more: Any) -> DeclarationDraft:
    told: dict[str, Any] = {
        "reference": "C1", "country": "GB", "declared_on": DAY, "currency": "GBP",
        "receipts": ["R1"], "duties": {"MUG": 1000},
    }  # fmt: skip
    return DeclarationDraft(**told | more)


def test_duty_reaches_every_unit_and_is_owed(world: World) -> None:
    buyer = buyer_in(world)
    buyer.do(declare, draft(supplier="HMRC"))
    assert buyer.worth() == {"MAIN MUG": [(6, 6600)]}
    assert buyer.landed("1") == (4400, 0, 400, 0)
    assert world.booked("landed_cost:C1") == {"1300": 600, "2100": -1000, "5090": 400}
    assert owed(world) == {"2100 landed_cost/C1": ("GBP", -1000, -1000)}
    buyer.sound()
    with pytest.raises(Conflict, match="C1 is booked already"):
        buyer.do(declare, draft())


def test_import_vat_paid_is_reclaimed_in_its_currency_and_paid_with_a_gain(world: World) -> None:
    world.rates("EUR/GBP 0.85 on 2011-01-10", "EUR/GBP 0.80 on 2011-01-20")
    buyer = buyer_in(world, "DE")
    buyer.do(declare, draft(country="DE", currency="EUR", vat=2000, duties={"MUG": 500}))
    assert world.booked("import_vat:C1") == {"1510": 1700, "2100": -1700}
    assert owed(world) == {
        "2100 import_vat/C1": ("EUR", -2000, -1700), "2100 landed_cost/C1": ("EUR", -500, -425)
    }  # fmt: skip
    (posting,) = world.rows(
        "SELECT p.country, p.currency, p.currency_amount FROM ledger_posting p"
        " JOIN ledger_account a ON a.id = p.account_id WHERE a.code = '1510'"
    )
    assert tuple(posting) == ("DE", "EUR", 2000)
    paid = buyer.do(pay_supplier, Payment("T1", date(2011, 1, 20)), vat_key("C1"))
    assert (paid.amount, paid.difference) == (2000, -100)
    buyer.sound()


def test_postponed_vat_stands_on_both_sides_of_the_return(world: World) -> None:
    """The customs value 5,063.74 bears 1,012.75, declared and reclaimed at once."""
    buyer = buyer_in(world, "GB")
    buyer.do(declare, draft(duties={}, vat=101275, way="postponed"))
    assert world.booked("import_vat:C1") == {"1510": 101275, "2300": -101275}
    assert owed(world) == {}
    with world.kernel.db.read() as session:
        form = form_of(session, "uk_vat100")
        found = boxes(
            session, world.company.id, form, Period("", date(2011, 1, 1), date(2011, 2, 1))
        )
    told = {box.code: box.amount for box in found}
    assert (told["1.imports"], told["4"]) == (101275, 101275)
    buyer.sound()


def test_vat_that_is_not_reclaimed_is_a_cost_of_the_goods(world: World) -> None:
    buyer = buyer_in(world)
    with pytest.raises(InputError, match="no registration in GB on 2011-01-12"):
        buyer.do(declare, draft(vat=2000))
    assert world.rows("SELECT 1 FROM customs_declaration") == []
    buyer.do(declare, draft(vat=2000, way="cost"))
    assert buyer.worth() == {"MAIN MUG": [(6, 7800)]}
    assert buyer.landed("1") == (5200, 0, 400, 800)
    assert world.booked("import_vat") == {}
    buyer.sound()


def test_the_months_customs_rate_is_compared_with_the_declaration(world: World) -> None:
    world.rates("USD/GBP 0.60 on 2011-01-10")
    buyer = buyer_in(world, "GB")
    told = draft(
        values={"MUG": 16000}, value_currency="USD", vat=2240, further=100, vat_rate=200_000
    )
    with pytest.raises(Unresolved, match="no customs rate from USD to GBP for 2011-01"):
        buyer.do(check, told)
    # The rate of the day does not count: customs publish one for the month.
    buyer.do(say_customs_rate, "GBP", "USD", date(2011, 1, 31), "1.6", actor="ann")
    checked = buyer.do(check, told)
    assert (checked.value, checked.vat_base, checked.vat_expected) == (10000, 11100, 2220)
    assert checked.difference(told.vat) == 20
    assert checked.rate == "GBP/USD 1.6 (customs, 2011-01-01), for customs in 2011-01"
    made = buyer.do(declare, told)
    assert (made.value, made.duty, made.vat) == (10000, 1000, 2240)
    with pytest.raises(Unresolved, match="for 2011-02"):
        buyer.do(check, draft(reference="C2", declared_on=date(2011, 2, 1),
                              values={"MUG": 1}, value_currency="USD"))  # fmt: skip


@pytest.mark.parametrize(
    ("day", "wednesday"),
    [
        ("2026-11-30", "2026-10-21"),
        ("2026-10-01", "2026-09-23"),
        ("2026-01-15", "2025-12-24"),
        ("2024-03-01", "2024-02-21"),
        ("2026-08-31", "2026-07-22"),
    ],
)
def test_the_unions_rate_is_that_of_the_last_wednesday_but_one(day: str, wednesday: str) -> None:
    assert recorded_on(date.fromisoformat(day)) == date.fromisoformat(wednesday)


def test_in_the_euro_area_the_customs_rate_follows_from_the_ecbs(world: World) -> None:
    enable(world)
    world.rates("USD/EUR 0.5 on 2011-01-01")
    buyer = buyer_in(world, "DE")
    told = draft(country="DE", currency="EUR", values={"MUG": 13122}, value_currency="USD")
    # 22 December 2010: one euro was 1.3112 dollars. What the company says of a day is no law.
    checked = buyer.do(check, told)
    assert checked.rate == "EUR/USD 1.3112 (ECB, 2010-12-22), for customs in 2011-01"
    assert checked.value == 10008


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"reference": " "}, "reference"),
        ({"way": "later"}, "nothing that becomes"),
        ({"duties": {}}, "the duty, the import VAT or both"),
        ({"vat": -1, "way": "cost"}, "none is negative"),
    ],
)
def test_what_cannot_be_is_refused(world: World, more: dict[str, Any], said: str) -> None:
    buyer = buyer_in(world)
    with pytest.raises(InputError, match=said):
        buyer.do(declare, draft(**more))
    assert world.booked("landed_cost:C1") == {}


def test_the_command_line_declares_after_a_look(world: World) -> None:
    buyer_in(world, "GB")
    entrepot(world, "rates", "customs", "USD", "GBP", "0.625", "--month", "2011-01")
    words = ("customs", "declare", "C1", "--country", "gb", "--on", "2011-01-12")
    words += ("--currency", "gbp", "--receipt", "R1", "--duty", "MUG=10.00", "--vat", "22.00")
    words += ("--value", "MUG=160.00", "--value-currency", "usd", "--vat-rate", "20")
    shown = entrepot(world, *words, "--preview")
    assert (shown["customs_value"], shown["vat_expected"], shown["vat_difference"]) == (
        "100.00", "22.00", "0.00"
    )  # fmt: skip
    read = CliRunner().invoke(build(), [*words, "--preview"], obj=world.kernel.config)
    assert (read.exit_code, "100.00" in read.output) == (0, True)
    made = entrepot(world, *words)
    assert (made["duty"], made["vat"], made["way"]) == ("10.00", "22.00", "paid")
    assert entrepot(world, "customs", "list")["rows"] == [made]
    day = ("--on", "2011-01-20")
    assert entrepot(world, "cost", "pay", "T1", "--customs", "C1", *day)["open"] == "0.00"
