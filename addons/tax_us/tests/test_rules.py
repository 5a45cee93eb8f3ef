"""The rules, case by case, and the boxes of the return."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from addons.tax_us.regime import WAYFAIR
from addons.tax_us.regime import UsSalesTax
from addons.tax_us.settings import TaxUsSettings
from addons.tax_us.settings import local_rates
from addons.tax_us.states import WITHOUT_TAX
from addons.tax_us.states import states
from core.api import InputError
from core.api import TaxDecision
from core.api import TaxPlace
from core.api import TaxRate
from core.testkit.regimes import Book
from core.testkit.regimes import Sale
from core.testkit.regimes import levies
from core.testkit.regimes import one
from core.testkit.regimes import sale

REGIME = UsSalesTax()


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Book]:
    """Return books of a company with the addon."""
    with Book.open("tax_us", database_url, tmp_path) as opened:
        yield opened


def to(state: str, when: str = "2026-05-01", price: int = 100_00, **others: Any) -> Sale:
    told = {"currency": "USD", "region": state, "registered": [f"US nexus {state}"]} | others
    return sale(when, "US US", price, **told)


def noted(**rates: str) -> UsSalesTax:
    places = {name.replace("_", " "): text for name, text in rates.items()}
    return UsSalesTax(local_rates({"local_rates": places}))


def test_a_marketplace_collects_in_every_state_with_a_tax() -> None:
    for code, state in states().items():
        sold = to(code, channel="marketplace", registered=[])
        decision = one(REGIME, sold)
        assert (decision.collector, decision.account) == ("marketplace", "2310")
        assert decision.jurisdiction == f"US-{code}"
        assert ("its own figure counts" in decision.reason) == state.local


@pytest.mark.parametrize("code", ["AK", "DE", "MT", "NH", "OR"])
def test_five_states_levy_none(code: str) -> None:
    assert one(REGIME, to(code)).scheme == "no_sales_tax"


def test_states_are_fifty_and_the_district() -> None:
    assert len(states()) == 46
    assert {*states(), *WITHOUT_TAX} >= {"DC", "TX", "NY"}
    assert len({*states(), *WITHOUT_TAX}) == 51
    limits = REGIME.limits
    assert limits.jurisdictions("nexus") == sorted(f"US-{code}" for code in states())


def test_an_own_site_collects_where_the_seller_has_nexus() -> None:
    regime = noted(TX="8.25")

    assert levies(regime, to("TX", delivery=10_00)) == [
        ("sales_tax", "economic_nexus", 100_00, 8_25),
        ("sales_tax", "economic_nexus", 10_00, 83),
    ]
    assert one(regime, to("TX", registered=["US local TX"])).scheme == "physical_nexus"
    without = one(regime, to("TX", registered=[]))
    assert (without.scheme, without.rate) == ("no_nexus", 0)
    assert "USD 500000 a year" in without.evidence


def test_some_states_leave_delivery_untaxed_that_is_stated_apart() -> None:
    assert levies(noted(CA="7.25"), to("CA", delivery=10_00)) == [
        ("sales_tax", "economic_nexus", 100_00, 7_25),
        ("sales_tax", "delivery_not_taxable", 10_00, 0),
    ]


@pytest.mark.parametrize(("when", "tax"), [("2023-04-25", 60), ("2023-04-26", 0)])
def test_michigan_changed_its_mind_about_delivery(when: str, tax: int) -> None:
    assert levies(REGIME, to("MI", when, delivery=10_00))[1][3] == tax


def test_where_places_add_to_a_states_tax_a_local_rate_is_needed() -> None:
    with pytest.raises(InputError, match="Places in Texas add to its sales tax"):
        one(REGIME, to("TX", postcode="75201"))
    assert one(REGIME, to("MA")).rate == 62_500


def test_the_longest_post_code_and_the_day_choose_the_local_rate() -> None:
    regime = noted(TX="6.25", TX_752="8.25, 8.5 from 2026-07-01", TX_75="7")

    def rate(postcode: str, when: str = "2026-05-01") -> int:
        return one(regime, to("TX", when, postcode=postcode)).rate

    assert (rate("75201"), rate("75001"), rate("90001")) == (82_500, 70_000, 62_500)
    assert (rate("75201", "2026-06-30"), rate("75201", "2026-07-01")) == (82_500, 85_000)


def test_a_rate_service_comes_before_what_was_noted_and_is_asked_once() -> None:
    asked: list[Sequence[TaxPlace]] = []

    def service(places: Sequence[TaxPlace]) -> dict[TaxPlace, TaxRate]:
        asked.append(places)
        return {place: TaxRate(WAYFAIR, 80_000, "a service") for place in places}

    regime = UsSalesTax(local_rates({"local_rates": {"TX": "8.25"}}), service)
    facts = to("TX", delivery=5_00, postcode="75201").facts()

    answers = regime.decide(facts)

    assert [answer.rate for answer in answers if isinstance(answer, TaxDecision)] == [80_000] * 2
    assert asked == [(TaxPlace("US", "TX", "75201", facts[0].taxed_on),)]


@pytest.mark.parametrize(
    ("when", "rate"), [("2024-12-31", 44_500), ("2025-01-01", 50_000), ("2018-06-30", 50_000)]
)
def test_louisiana_changed_its_rate(when: str, rate: int) -> None:
    assert REGIME.rates.on("US-LA", "standard", date.fromisoformat(when)).rate == rate


@pytest.mark.parametrize(
    ("state", "when", "amount", "sales"),
    [
        ("CA", "2019-04-01", 500_000_00, None),
        ("IL", "2025-12-31", 100_000_00, 200),
        ("IL", "2026-01-01", 100_000_00, None),
        ("AZ", "2019-12-31", 200_000_00, None),
        ("AZ", "2020-12-31", 150_000_00, None),
        ("AZ", "2021-01-01", 100_000_00, None),
        ("TN", "2020-09-30", 500_000_00, None),
        ("TN", "2020-10-01", 100_000_00, None),
    ],
)
def test_thresholds_are_those_of_the_day(
    state: str, when: str, amount: int, sales: int | None
) -> None:
    limit = REGIME.limits.on(f"US-{state}", "nexus", date.fromisoformat(when))

    assert limit is not None
    assert (limit.amount, limit.sales) == (amount, sales)
    assert REGIME.limits.on(f"US-{state}", "nexus", date(2017, 1, 1)) is None


def test_before_the_facilitator_law_the_seller_collected() -> None:
    sold = to("MA", "2019-09-30", channel="marketplace")

    assert (one(REGIME, sold).collector, one(REGIME, sold).scheme) == ("seller", "economic_nexus")


@pytest.mark.parametrize(
    ("rates", "sentence"),
    [
        ({"OR": "1"}, "'OR' levies no sales tax"),
        ({"TX": "eight"}, "'eight' is no rate"),
        ({"TX": "8 from May"}, "is no rate"),
        ({"TX": "108"}, "is no percentage"),
    ],
)
def test_a_rate_that_cannot_be_read_is_refused(rates: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        local_rates({"local_rates": rates})
    assert TaxUsSettings().validate({"local_rates": rates})


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        (to(""), "no state"),
        (to("PR"), "goes to 'PR'"),
        (to("MA", channel=""), "marketplace or the seller"),
        (to("MA", "2018-06-20"), "known from 2018-06-21"),
        (to("MA", tax_class="food"), "no tax class 'food'"),
    ],
)
def test_what_cannot_be_decided_is_refused(fact: Sale, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        one(REGIME, fact)


def test_goods_from_abroad_bear_the_tax_of_the_state() -> None:
    told = {"currency": "USD", "region": "MA", "channel": "marketplace"}
    sold = sale("2026-05-01", "CN US", 50_00, **told)

    assert (one(REGIME, sold).collector, one(REGIME, sold).rate) == ("marketplace", 62_500)


def test_the_returns_add_up(book: Book) -> None:
    sales = [
        to("MA", delivery=10_00),
        to("MA", price=40_00, channel="marketplace"),
        to("MA", price=30_00, tax_class="zero"),
        to("NJ", price=7_00),
        sale("2026-05-01", "US CA", 5_00, currency="USD"),
    ]

    assert book.boxes("us_ma", "2026-Q2", *sales) == {
        "gross": 180_00,
        "marketplace": 40_00,
        "exempt": 40_00,
        "taxable": 100_00,
        "tax": 6_25,
        "places 6.25 %": 6_25,
    }
    assert book.boxes("us_nj", "2026-Q2", *sales)["tax"] == 46
