"""What a seller notes about himself: numbers are checked, times do not overlap."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.tax.channels import channels_of
from core.tax.channels import set_channel
from core.tax.numbers import check_buyer_number
from core.tax.sellers import RegistrationInfo
from core.tax.sellers import add_registration
from core.tax.sellers import check_number
from core.tax.sellers import end_registration
from core.tax.sellers import load_seller
from core.tax.sellers import registrations
from tests.world import World

SINCE = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("country", "scheme", "number", "compact"),
    [
        ("DE", "local", "DE 136,695 976", "136695976"),
        ("GR", "local", "EL 094259216", "094259216"),
        ("GB", "local", "GB 980 7806 84", "980780684"),
        ("AU", "local", "83 914 571 673", "83914571673"),
        ("EU", "eori", "de 12.34-56", "DE123456"),
        ("EU", "ioss", "IM2760000742", "IM2760000742"),
        ("DE", "local", "", ""),
    ],
)
def test_numbers_are_kept_in_their_compact_form(
    country: str, scheme: str, number: str, compact: str
) -> None:
    assert check_number(country, scheme, number) == compact


@pytest.mark.parametrize(
    ("country", "scheme", "number", "sentence"),
    [
        ("DE", "local", "DE136695977", "no tax number of DE"),
        ("AU", "local", "83914571674", "no tax number of AU"),
        ("EU", "eori", "1234", "no EORI"),
    ],
)
def test_a_wrong_number_is_refused(country: str, scheme: str, number: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        check_number(country, scheme, number)


def test_registrations_are_noted_ended_and_loaded(world: World) -> None:
    company = world.company.id
    with world.kernel.db.write() as session:
        noted = add_registration(session, company, "DE", "local", since=SINCE, number="DE136695976")
        with pytest.raises(Conflict, match="noted from 2024-01-01"):
            add_registration(session, company, "DE", "local", since=date(2025, 1, 1))
        end_registration(session, company, noted.id, date(2025, 1, 1))
        add_registration(session, company, "DE", "local", since=date(2025, 1, 1))
        with pytest.raises(InputError, match="began on 2024-01-01"):
            end_registration(session, company, noted.id, SINCE)
        with pytest.raises(NotFound):
            end_registration(session, company, 1, SINCE)

    with world.kernel.db.read() as session:
        assert [row.number for row in registrations(session, company)] == ["136695976", ""]
        seller = load_seller(session, company)
        assert registrations(session, company + 1) == []
    assert seller.stock_in == ("GB",)
    assert seller.has("DE", "local", date(2024, 12, 31))
    assert not seller.has("DE", "local", date(2023, 12, 31))


@pytest.mark.parametrize(
    ("country", "scheme", "region", "until"),
    [
        ("Germany", "local", "", None),
        ("DE", "Local!", "", None),
        ("US", "nexus", "Texas", None),
        ("DE", "local", "", SINCE),
    ],
)
def test_what_cannot_be_is_refused(
    world: World, country: str, scheme: str, region: str, until: date | None
) -> None:
    with world.kernel.db.write() as session, pytest.raises(InputError):
        add_registration(
            session,
            world.company.id,
            country,
            scheme,
            since=SINCE,
            region=region,
            until=until,
        )


def test_a_company_says_what_a_platform_is(world: World) -> None:
    company = world.company.id
    with world.kernel.db.write() as session:
        assert channels_of(session, company).get("file") is None
        set_channel(session, company, "file", "own")
        set_channel(session, company, "file", "marketplace")
        with pytest.raises(InputError):
            set_channel(session, company, "file", "street")
        found = channels_of(session, company)
    assert (found["file"], found["amazon"], found["shopify"]) == ("marketplace",) * 2 + ("own",)


@pytest.mark.parametrize(
    ("country", "scheme", "right", "kept", "wrong"),
    [
        ("DE", "local", "DE136695976", "136695976", "DE136695978"),
        ("FR", "local", "fr 40 303 265 045", "40303265045", "FR84323140391"),
        ("GB", "local", "GB 980 7806 84", "980780684", "GB980780685"),
        ("AU", "local", "83 914 571 673", "83914571673", "83914571674"),
        ("IN", "local", "27AAPFU0939F1ZV", "27AAPFU0939F1ZV", "27AAPFU0939F1ZA"),
        ("SG", "local", "00192200M", "00192200M", "00192200X"),
        ("CH", "local", "CHE-100.155.212 MWST", "CHE100155212", "CHE-100.155.213"),
        ("NO", "local", "NO 995 525 828 MVA", "995525828MVA", "995525829"),
        ("JP", "local", "T5835678256246", "5835678256246", "T2835678256246"),
        ("NZ", "local", "49-091-850", "49091850", "49-091-851"),
        ("CA", "local", "12302 6635", "123026635", "12302 6636"),
        ("EU", "eori", "DE 1234567", "DE1234567", "1234567"),
        ("EU", "ioss", "IM2760000742", "IM2760000742", "IM27600007"),
        ("EU", "oss", "DE136695976", "DE136695976", "DE136695978"),
        ("EU", "oss", "EU372022452", "EU372022452", "EU37202"),
    ],
)
def test_every_kind_of_number_is_checked_where_it_is_entered(
    world: World, country: str, scheme: str, right: str, kept: str, wrong: str
) -> None:
    with world.kernel.db.write() as session:
        made = add_registration(
            session, world.company.id, country, scheme, since=SINCE, number=right
        )
        assert made.number == kept
    with pytest.raises(InputError) as refused, world.kernel.db.write() as session:
        add_registration(session, world.company.id, country, scheme, since=date(2020, 1, 1),
                         until=date(2021, 1, 1), number=wrong)  # fmt: skip
    assert repr(wrong) in refused.value.message
    assert refused.value.hint
    assert [row.number for row in registrations_of(world)] == [kept]


def registrations_of(world: World) -> list[RegistrationInfo]:
    with world.kernel.db.read() as session:
        return list(registrations(session, world.company.id))


@pytest.mark.parametrize(
    ("given", "country", "kept"),
    [
        ("FR 40 303 265 045", "DE", "FR40303265045"),
        ("40303265045", "FR", "FR40303265045"),
        ("EL 094259216", "GR", "EL094259216"),
        ("27AAPFU0939F1ZV", "IN", "27AAPFU0939F1ZV"),
        ("anything", "BR", "ANYTHING"),
    ],
)
def test_a_buyers_number_is_that_of_its_prefix(given: str, country: str, kept: str) -> None:
    assert check_buyer_number(given, country) == kept


@pytest.mark.parametrize(("given", "country"), [("FR40303265046", "DE"), ("12", "AU")])
def test_a_buyers_wrong_number_is_refused_with_what_helps(given: str, country: str) -> None:
    with pytest.raises(InputError, match="is no tax number of") as refused:
        check_buyer_number(given, country)
    assert "consumer" in (refused.value.hint or "")
