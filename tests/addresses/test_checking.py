"""Addresses are checked by the rules of their country; what was written is never lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.addresses.address import FIELDS
from core.addresses.address import Address
from core.addresses.address import address_of
from core.addresses.checking import Problem
from core.addresses.checking import check_address

GOOD = {
    "GB": Address(
        name="Ann", street="10 Downing St", city="London", postcode="sw1a2aa", country="GB"
    ),
    "US": Address(
        name="Ann",
        street="1 Main St",
        city="Los Angeles",
        region="California",
        postcode="90001",
        country="us",
    ),
    "CN": Address(
        name="王伟",
        street="科技园1号",
        district="南山区",
        city="深圳",
        region="广东",
        postcode="518057",
        country="CN",
    ),
    "DE": Address(
        name="Jörg Öztürk", street="Straße 5", city="München", postcode="80331", country="DE"
    ),
    "JP": Address(
        name="田中", street="丸の内1-1", region="東京都", postcode="1000005", country="JP"
    ),
    "BR": Address(
        name="Ana",
        street="Av. Paulista 1",
        city="São Paulo",
        region="SP",
        postcode="01310100",
        country="BR",
    ),
}


@pytest.mark.parametrize("country", GOOD)
def test_a_good_address_has_no_problem(country: str) -> None:
    assert check_address(GOOD[country]).problems == ()


def test_places_get_their_official_names_and_postcodes_their_form() -> None:
    in_order = {country: check_address(address).address for country, address in GOOD.items()}

    assert in_order["GB"].postcode == "SW1A 2AA"
    assert in_order["US"].region == "CA"
    assert (in_order["CN"].region, in_order["CN"].city) == ("广东省", "深圳市")
    assert in_order["JP"].postcode == "100-0005"
    assert in_order["BR"].postcode == "01310-100"


def test_latin_form_stands_beside_the_address() -> None:
    german, chinese = check_address(GOOD["DE"]), check_address(GOOD["CN"])

    assert german.address.name == "Jörg Öztürk"
    assert (german.latin.name, german.latin.street) == ("Joerg Oeztuerk", "Strasse 5")
    assert german.latin.city == "Muenchen"
    assert (chinese.latin.region, chinese.latin.city) == ("Guangdong Sheng", "Shenzhen Shi")
    # Nobody guesses how a street sounds.
    assert chinese.latin.street == "科技园1号"
    assert "not_latin" in chinese.flags
    assert "not_latin" not in german.flags


@pytest.mark.parametrize(
    ("country", "change", "problem"),
    [
        ("GB", {"postcode": ""}, Problem("postcode", "required")),
        ("GB", {"postcode": "90001"}, Problem("postcode", "invalid")),
        ("GB", {"name": ""}, Problem("name", "required")),
        ("GB", {"street": ""}, Problem("street", "required")),
        ("US", {"region": "Bavaria"}, Problem("region", "invalid")),
        ("US", {"region": ""}, Problem("region", "required")),
        # A postcode of New York, in California.
        ("US", {"postcode": "10001"}, Problem("postcode", "invalid")),
        ("CN", {"city": "巴黎"}, Problem("city", "invalid")),
        ("DE", {"country": "ZZ"}, Problem("country", "invalid")),
        ("DE", {"country": ""}, Problem("country", "required")),
    ],
)
def test_what_is_wrong_is_named_and_kept(
    country: str, change: dict[str, str], problem: Problem
) -> None:
    address = address_of({**GOOD[country].given(), **change})

    checked = check_address(address)

    assert problem in checked.problems
    kept, written = (getattr(each, problem.field) for each in (checked.address, address))
    assert kept.replace(" ", "").casefold() == written.replace(" ", "").casefold()


@pytest.mark.parametrize(
    ("cells", "flag"),
    [
        ({"street": "P.O. Box 12"}, "po_box"),
        ({"street": "PO BOX 12"}, "po_box"),
        ({"street": "Postfach 3", "country": "DE"}, "po_box"),
        ({"street": "Packstation 145", "country": "DE"}, "po_box"),
        ({"street": "Apartado de Correos 7", "country": "ES"}, "po_box"),
        ({"street": "私書箱 8", "country": "JP"}, "po_box"),
        ({"city": "APO", "region": "AE", "country": "US"}, "military"),
        ({"postcode": "KW15 1AA", "country": "GB"}, "remote"),
        ({"postcode": "ZE1 0AA", "country": "GB"}, "remote"),
        ({"postcode": "99501", "country": "US"}, "remote"),
        ({"postcode": "35001", "country": "ES"}, "remote"),
        ({"postcode": "20000", "country": "FR"}, "remote"),
    ],
)
def test_what_carriers_ask_more_for_is_noticed(cells: dict[str, str], flag: str) -> None:
    assert flag in check_address(address_of({"country": "GB", **cells})).flags


@pytest.mark.parametrize(
    "cells",
    [
        {"street": "10 Boxley Road"},
        {"street": "Poboxa 5"},
        {"street": "Postfachstraße 5", "country": "DE"},
        # Paisley; PA20 is an island.
        {"postcode": "PA2 0AA", "country": "GB"},
        {"postcode": "SW1A 2AA", "country": "GB"},
        {"postcode": "90001", "country": "US"},
        {"postcode": "28001", "country": "ES"},
    ],
)
def test_a_likeness_is_not_noticed(cells: dict[str, str]) -> None:
    flags = check_address(address_of({"country": "GB", **cells})).flags

    assert not {"po_box", "remote", "military"} & set(flags)


@pytest.mark.parametrize(
    ("country", "written", "normal"),
    [
        ("GB", "020 7946 0958", "+442079460958"),
        ("GB", "+44 (0)20 7946 0958", "+442079460958"),
        ("CN", "138 0013 8000", "+8613800138000"),
        ("US", "+1 206-555-0100 ext. 98765", "+12065550100;ext=98765"),
    ],
)
def test_telephone_numbers_get_their_country(country: str, written: str, normal: str) -> None:
    assert check_address(Address(country=country, phone=written)).address.phone == normal


def test_a_number_that_cannot_be_is_kept_and_noticed() -> None:
    checked = check_address(Address(country="GB", phone="ring twice"))

    assert checked.address.phone == "ring twice"
    assert "bad_phone" in checked.flags
    assert "no_phone" in check_address(Address(country="GB")).flags


TEXTS = st.text(max_size=12) | st.sampled_from(["CA", "广东省", "London", "SW1A 2AA", "90001"])
COUNTRIES = st.sampled_from(["GB", "US", "CN", "JP", "DE", "HK", "KR", "ZZ", "", "q", "../zz"])


@given(st.fixed_dictionaries(dict.fromkeys(FIELDS, TEXTS) | {"country": COUNTRIES}))
def test_bringing_into_order_twice_changes_nothing(cells: dict[str, str]) -> None:
    once = check_address(address_of(cells))
    twice = check_address(once.address)

    assert twice.address == once.address
    assert twice.problems == once.problems
    assert twice.latin == once.latin
