"""Columns are known by their names in many languages, and a choice becomes a mapping that reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from addons.file_channel.connector import OrderFiles
from core.api import ColumnChoice
from core.api import FileSeen
from core.api import InputError
from core.api import LineKind
from core.api import SourceLine

FILE = """Bestellnummer;Bestelldatum;SKU;Bezeichnung;Menge;Einzelpreis;Land;Empfänger;Straße;PLZ;Ort
A1;03.11.2026 09:15;MUG;Becher;2;1.204,50;DE;Ann Ott;Weg 1;10115;Berlin
A2;14.11.2026 10:00;POST;Versand;1;3,90;AT;Bo Ad;Gasse 2;1010;Wien
A3;15.11.2026 10:00;MUG;Becher;-1;12,00;DE;Ann Ott;Weg 1;10115;Berlin
"""
FILES = OrderFiles()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bestellungen.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def choice_of(seen: FileSeen) -> ColumnChoice:
    return ColumnChoice(
        roles=seen.roles,
        address=seen.address,
        date_format=seen.date_formats[0],
        decimal=seen.decimal,
        currency="EUR",
        timezone="Europe/Berlin",
        marketplace="webshop",
        codes={"postage": ("POST",), "fee": (), "discount": ()},
        create_skus=True,
    )


def test_names_and_values_suggest_what_columns_mean(file: Path) -> None:
    seen = FILES.look_at_columns(file)

    assert seen.roles == {
        "document": "Bestellnummer", "code": "SKU", "title": "Bezeichnung", "quantity": "Menge",
        "date": "Bestelldatum", "price": "Einzelpreis", "country": "Land",
    }  # fmt: skip
    assert seen.address == {
        "name": "Empfänger", "street": "Straße", "city": "Ort", "postcode": "PLZ",
    }  # fmt: skip
    assert (seen.date_formats, seen.decimal) == (("%d.%m.%Y %H:%M",), ",")
    assert [each.samples for each in seen.columns if each.name == "SKU"] == [("MUG", "POST")]


def test_a_file_is_read_as_it_was_chosen(file: Path) -> None:
    text = FILES.write_mapping(choice_of(FILES.look_at_columns(file)))

    opened = FILES.open_orders(file, mapping=text, account="shop")
    lines = [line for line in opened.lines() if isinstance(line, SourceLine)]

    assert [(each.kind, each.quantity, each.net_amount) for each in lines] == [
        (LineKind.SALE, 2, 240900),
        (LineKind.POSTAGE, 1, 390),
        (LineKind.RETURN, -1, -1200),
    ]
    assert dict(lines[0].personal or ())["city"] == "Berlin"
    assert opened.facts.create_skus


@pytest.mark.parametrize(
    ("header", "role"),
    [("订单号", "document"), ("Order ID", "document"), ("Lineitem quantity", "quantity"),
     ("Numéro de commande", "document"), ("数量", "quantity"), ("下单时间", "date")],
)  # fmt: skip
def test_sellers_languages_are_known(tmp_path: Path, header: str, role: str) -> None:
    path = tmp_path / "one.csv"
    path.write_text(f"{header},Other\n1,2\n", encoding="utf-8")

    assert FILES.look_at_columns(path).roles == {role: header}


def test_days_and_months_that_look_alike_are_left_to_a_person(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("Order,Date\n1,03/04/2026\n2,05/06/2026\n", encoding="utf-8")

    assert FILES.look_at_columns(path).date_formats == ("%d/%m/%Y", "%m/%d/%Y")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"currency": "EURO"}, "prices.currency"),
        ({"timezone": "Berlin"}, "shop.timezone"),
        ({"date_format": ""}, "dates.formats"),
        ({"roles": {"document": "Bestellnummer"}}, "columns.code"),
        ({"decimal": ";"}, "numbers.decimal"),
    ],
)
def test_a_choice_that_reads_nothing_is_refused(
    file: Path, changed: dict[str, object], said: str
) -> None:
    choice = replace(choice_of(FILES.look_at_columns(file)), **changed)  # type: ignore[arg-type]

    with pytest.raises(InputError, match=said):
        FILES.write_mapping(choice)


def test_odd_names_of_columns_stay_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    odd = 'No. "x"\\ ]#'
    path.write_text('"No. ""x""\\ ]#",SKU,Qty,Date,Price\n1,A,1,2026-01-02,3.00\n')
    seen = FILES.look_at_columns(path)
    roles = {**seen.roles, "document": odd}
    choice = replace(choice_of(seen), roles=roles, address={}, country="GB", decimal=".")

    lines = list(FILES.open_orders(path, mapping=FILES.write_mapping(choice), account="s").lines())

    assert [each.document_ref for each in lines] == ["1"]
