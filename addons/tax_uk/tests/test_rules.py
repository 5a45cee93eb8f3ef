"""The UK's rules by place and day, and its rates against a list that others keep."""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.tax_uk.destinations import Place
from addons.tax_uk.destinations import place_of
from addons.tax_uk.rates import rate_on
from addons.tax_uk.regime import UkVat
from core.api import InputError
from core.api import TaxDecision
from core.api import TaxFacts

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or Path(__file__).resolve().parents[4] / "shared")
HISTORY = SHARED / "data" / "tax" / "vat_rates_history_kdeldycke.csv"

FIRST = date(1973, 4, 1)
DAYS = st.dates(FIRST, date(2100, 1, 1))


def sale(ship_to: str, day: str | date, **others: str) -> TaxFacts:
    taxed_on = date.fromisoformat(day) if isinstance(day, str) else day
    return replace(TaxFacts(taxed_on, "GB", ship_to, "GB", "shop"), **others)


def decide(fact: TaxFacts, **settings: object) -> TaxDecision | None:
    return UkVat(settings).decide([fact])[0]


def decided(fact: TaxFacts, **settings: object) -> TaxDecision:
    decision = decide(fact, **settings)
    assert decision is not None
    return decision


@pytest.mark.parametrize(
    ("tax_class", "day", "rate"),
    [
        ("standard", "1973-04-01", 100_000),
        ("standard", "1974-07-28", 100_000),
        ("standard", "1974-07-29", 80_000),
        ("standard", "1979-06-17", 80_000),
        ("standard", "1979-06-18", 150_000),
        ("standard", "1991-03-31", 150_000),
        ("standard", "1991-04-01", 175_000),
        ("standard", "2008-11-30", 175_000),
        ("standard", "2008-12-01", 150_000),
        ("standard", "2009-12-31", 150_000),
        ("standard", "2010-01-01", 175_000),
        ("standard", "2011-01-03", 175_000),
        ("standard", "2011-01-04", 200_000),
        ("reduced", "1994-04-01", 80_000),
        ("reduced", "1997-08-31", 80_000),
        ("reduced", "1997-09-01", 50_000),
        ("zero", "1973-04-01", 0),
        ("zero", "2020-06-01", 0),
    ],
)
def test_a_domestic_sale_bears_the_rate_of_its_day(tax_class: str, day: str, rate: int) -> None:
    decision = decided(sale("GB", day, tax_class=tax_class))

    assert (decision.rate, decision.scheme, decision.account) == (rate, "domestic", "2300")
    assert decision.collector == "seller"


@pytest.mark.parametrize(
    ("ship_to", "day", "scheme"),
    [
        ("IM", "2020-06-01", "domestic"),
        ("XI", "2022-06-01", "domestic"),
        ("UK", "2022-06-01", "domestic"),
        ("JE", "2011-02-01", "uk_export"),
        ("GG", "2011-02-01", "uk_export"),
        ("GI", "2011-02-01", "uk_export"),
        ("AX", "2011-02-01", "uk_export"),
        ("US", "2011-02-01", "uk_export"),
        ("FR", "1992-12-31", "uk_export"),
        ("FR", "1993-01-01", "domestic"),
        ("FR", "2020-12-31", "domestic"),
        ("FR", "2021-01-01", "uk_export"),
        ("MC", "2020-12-31", "domestic"),
        ("MC", "2021-01-01", "uk_export"),
        ("EL", "2011-02-01", "domestic"),
        ("GR", "2011-02-01", "domestic"),
        ("SE", "1994-12-31", "uk_export"),
        ("SE", "1995-01-01", "domestic"),
        ("PL", "2004-04-30", "uk_export"),
        ("PL", "2004-05-01", "domestic"),
        ("RO", "2006-12-31", "uk_export"),
        ("RO", "2007-01-01", "domestic"),
        ("HR", "2013-06-30", "uk_export"),
        ("HR", "2013-07-01", "domestic"),
        ("EU", "2011-02-01", "domestic"),
        ("EU", "2022-06-01", "domestic"),
        ("ZZ", "2011-02-01", "domestic"),
        ("ZZ", "2022-06-01", "domestic"),
    ],
)
def test_a_place_is_taxed_or_an_export_by_its_day(ship_to: str, day: str, scheme: str) -> None:
    decision = decided(sale(ship_to, day))

    assert decision.scheme == scheme
    assert decision.rate == (
        0 if scheme == "uk_export" else rate_on("standard", date.fromisoformat(day)).rate
    )


def test_the_reason_reads_as_a_sentence() -> None:
    assert decided(sale("GB", "2011-01-03")).reason == "Domestic sale: UK standard rate 17.5 %"
    assert (
        decided(sale("FR", "2011-01-04")).reason
        == "Distance sale below threshold: UK standard rate 20 %"
    )
    assert decided(sale("US", "2011-01-04")).reason == "Export to US: zero-rated"


def test_the_evidence_names_facts_and_law_but_not_the_day() -> None:
    decision = decided(sale("FR", "2011-01-04"))

    assert decision.evidence == (
        "seller in GB; stock in GB; sent to 'FR', an EU member since 1958-01-01;"
        " standard rate from 2011-01-04: Finance (No. 2) Act 2010, s. 3"
    )
    # One stored decision then serves every day of the rate.
    assert decided(sale("FR", "2019-07-15")) == decision


@given(DAYS, st.text(max_size=4))
def test_only_a_known_country_is_ever_untaxed(day: date, ship_to: str) -> None:
    decision = decided(sale(ship_to, day))

    assert (decision.rate == 0) == (place_of(ship_to, day) is Place.OUTSIDE)


@given(DAYS, st.sampled_from(["GB", "IM", "XI", "UK"]))
def test_a_domestic_sale_is_never_untaxed(day: date, ship_to: str) -> None:
    assert decided(sale(ship_to, day)).rate == rate_on("standard", day).rate > 0


@given(DAYS, st.sampled_from(["GB", "FR", "US", "ZZ"]))
def test_delivery_follows_the_goods_and_a_business_the_consumer(day: date, ship_to: str) -> None:
    goods = decided(sale(ship_to, day))

    assert decided(sale(ship_to, day, item="delivery")) == goods
    business = decided(sale(ship_to, day, buyer="business"))
    assert replace(business, evidence=goods.evidence) == goods


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"ship_from": "DE"},
        {"ship_from": "XI"},
        {"ship_from": "ZZ"},
    ],
)
def test_stock_elsewhere_was_left_to_other_regimes_before_the_reform(
    elsewhere: dict[str, str],
) -> None:
    assert decide(sale("GB", "2020-06-01", **elsewhere)) is None


@pytest.mark.parametrize("home", ["GB", "IM"])
def test_the_isle_of_man_is_home_too(home: str) -> None:
    assert decided(sale("GB", "2022-06-01", ship_from=home, seller_country=home)).rate == 200_000


def test_a_sale_that_bore_foreign_vat_is_left_to_that_countrys_regime() -> None:
    abroad = {"FR": "2011-05-01", "EL": "2012-01-01"}

    def say(ship_to: str, day: str) -> bool:
        return decide(sale(ship_to, day), registered_abroad=abroad) is not None

    assert say("FR", "2011-04-30")
    assert not say("FR", "2011-05-01")
    assert not say("MC", "2011-05-01")
    assert not say("GR", "2012-01-01")
    assert say("DE", "2012-01-01")
    # An export from 2021 on is ours again.
    assert decided(sale("FR", "2021-01-01"), registered_abroad=abroad).scheme == "uk_export"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"registered_abroad": {"US": "2011-05-01"}}, "'US' is no EU member"),
        ({"registered_abroad": {"GB": "2011-05-01"}}, "'GB' is no EU member"),
        ({"registered_abroad": {"FR": "May"}}, "registered_abroad.FR: 'May' is no day"),
        ({"registered_abroad": ["FR"]}, "is no table"),
        ({"registered": {}}, "There is no setting registered"),
    ],
)
def test_a_setting_that_cannot_be_read_stops_the_sale(
    settings: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        decide(sale("GB", "2011-05-01"), **settings)


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        (sale("GB", "1973-03-31"), "no standard rate on 1973-03-31"),
        (sale("GB", "1994-03-31", tax_class="reduced"), "no reduced rate on 1994-03-31"),
        (sale("US", "1973-03-31"), "no export rate on 1973-03-31"),
        (sale("GB", "2011-01-04", tax_class="export"), "no tax class 'export'"),
        (sale("US", "2011-01-04", tax_class="exempt"), "no tax class 'exempt'"),
    ],
)
def test_what_has_no_rate_is_refused(fact: TaxFacts, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        decide(fact)


@pytest.mark.skipif(not HISTORY.exists(), reason="the shared data is not here")
def test_the_rates_equal_the_public_history() -> None:
    with HISTORY.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "GB" in row["territory_codes"].split()]

    assert len(rows) == 7
    for row in rows:
        first = date.fromisoformat(row["start_date"])
        rate = rate_on("standard", first)
        assert (rate.since, rate.rate) == (first, round(float(row["rate"]) * 1_000_000))
        if row["stop_date"]:
            assert rate_on("standard", date.fromisoformat(row["stop_date"])).since > first


@pytest.mark.skipif(not HISTORY.exists(), reason="the shared data is not here")
def test_places_that_the_public_history_exempts_are_exports() -> None:
    with HISTORY.open(encoding="utf-8", newline="") as file:
        exempt = [row for row in csv.DictReader(file) if "British" in row["description"]]
    exempt = [row for row in exempt if "exempted" in row["description"]]
    codes = {code for row in exempt for code in row["territory_codes"].split()}

    # The others (SH-TA) are parts of a country.
    countries = {code for code in codes if len(code) == 2}
    assert {"JE", "GG", "AI", "VG"} <= countries
    assert {place_of(code, date(2011, 2, 1)) for code in countries} == {Place.OUTSIDE}
