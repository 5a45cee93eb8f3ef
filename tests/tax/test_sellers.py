"""What a seller notes about himself: numbers are checked, times do not overlap."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.tax.channels import channels_of
from core.tax.channels import set_channel
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
