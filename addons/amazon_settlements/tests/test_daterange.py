"""Date-range reports of every language say the same.

Amazon publishes no description of these files. Names of columns, types and the forms of dates are
those that public programs expect which read such reports; the orders and amounts are made up.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC
from datetime import datetime
from pathlib import Path

import pytest

from addons.amazon_settlements.connector import AmazonSettlements
from addons.amazon_settlements.daterange import DateRange
from addons.amazon_settlements.moments import named_moment
from core.api import InputError

ORDER = "303-0000000-0000001"
PERSONAL = "Musterstadt"

# Title, columns (date, id, type, order, sku, text, quantity, place, city, sales, tax, fees, fba,
# other, total, status, release), order and transfer in words, place, and how amounts are written.
LANGUAGES: dict[str, tuple[str, str, str, str, str, str]] = {
    "us": (
        "All amounts in USD, unless specified",
        "date/time|settlement id|type|order id|sku|description|quantity|marketplace|order city"
        "|product sales|product sales tax|selling fees|fba fees|other|total|Transaction Status"
        "|Transaction Release Date",
        "Order|Transfer|Deferred", "amazon.com", "Jan 5, 2026 3:03:05 AM PST",
        "1,000.00|9.00|100000",
    ),
    "ca": (
        "All amounts in CAD, unless specified",
        "date/time|settlement id|type|order id|sku|description|quantity|marketplace|order city"
        "|product sales|product sales tax|selling fees|fba fees|other|total|Transaction Status"
        "|Transaction Release Date",
        "Order|Transfer|Deferred", "amazon.ca", "Jan. 5, 2026 3:03:05 a.m. PST",
        "1,000.00|9.00|100000",
    ),
    "uk": (
        "All amounts in GBP, unless specified",
        "date/time|settlement id|type|order id|sku|description|quantity|marketplace|order city"
        "|product sales|product sales tax|selling fees|fba fees|other|total|Transaction Status"
        "|Transaction Release Date",
        "Order|Transfer|Deferred", "amazon.co.uk", "5 Jan 2026 11:03:05 UTC",
        "1,000.00|9.00|100000",
    ),
    "au": (
        "All amounts in AUD, unless specified",
        "date/time|settlement id|type|order id|sku|description|quantity|marketplace|order city"
        "|product sales|sales tax collected|selling fees|fba fees|other|total|Transaction Status"
        "|Transaction Release Date",
        "Order|Transfer|Deferred", "amazon.com.au", "5 Jan 2026 10:03:05 pm GMT+11",
        "1,000.00|9.00|100000",
    ),
    "de": (
        "Alle Beträge in EUR sofern nicht anders gekennzeichnet",
        "Datum/Uhrzeit|Abrechnungsnummer|Typ|Bestellnummer|SKU|Beschreibung|Menge|Marketplace"
        "|Ort der Bestellung|Umsätze|Produktumsatzsteuer|Verkaufsgebühren"
        "|Gebühren zu Versand durch Amazon|Andere|Gesamt|Transaktionsstatus"
        "|Freigabedatum der Transaktion",
        "Bestellung|Übertrag|Aufgeschoben", "amazon.de", "05.01.2026 11:03:05 UTC",
        "1.000,00|9,00|100000",
    ),
    "fr": (
        "Tous les montants sont en EUR, sauf mention contraire.",
        "date/heure|numéro de versement|type|numéro de la commande|sku|description|quantité"
        "|Marketplace|ville d'où provient la commande|ventes de produits"
        "|Taxes sur la vente des produits|frais de vente|Frais Expédié par Amazon|autre|total"
        "|Statut de la transaction|Date de sortie de la transaction",
        "Commande|Transfert|Différé", "amazon.fr", "5 janv. 2026 11:03:05 UTC",
        "1\u202f000,00|9,00|100000",
    ),
    "es": (
        "Todos los importes en EUR, a menos que se especifique lo contrario",
        "fecha y hora|identificador de pago|tipo|número de pedido|sku|descripción|cantidad"
        "|web de Amazon|ciudad de procedencia del pedido|ventas de productos"
        "|impuesto de ventas de productos|tarifas de venta|tarifas de Logística de Amazon|otro"
        "|total|Estado de la transacción|Fecha de liberación de la transacción",
        "Pedido|Transferir|Diferido", "amazon.es", "5 ene 2026 11:03:05 UTC",
        "1.000,00|9,00|100000",
    ),
    "it": (
        "Tutti gli importi sono espressi in EUR, se non diversamente specificato.",
        "Data/Ora:|Numero pagamento|Tipo|Numero ordine|SKU|Descrizione|Quantità|Marketplace"
        "|Città di provenienza dell'ordine|Vendite|imposta sulle vendite dei prodotti"
        "|Commissioni di vendita|Costi del servizio Logistica di Amazon|Altro|totale"
        "|Stato della transazione|Data di rilascio della transazione",
        "Ordine|Trasferimento|Differito", "amazon.it", "5 gen 2026 11:03:05 UTC",
        "1.000,00|9,00|100000",
    ),
    "nl": (
        "Alle bedragen in EUR, tenzij anders vermeld",
        "datum/tijd|schikkings-ID|type|bestelnummer|sku|beschrijving|aantal|marketplace"
        "|bestelling stad|verkoop van producten|geïnde omzetbelasting|verkoopkosten"
        "|fba-vergoedingen|overige|totaal|Transactiestatus|Publicatiedatum van transactie",
        "Bestelling|Overboeking|Uitgesteld", "amazon.nl", "5 jan. 2026 11:03:05 UTC",
        "1.000,00|9,00|100000",
    ),
    "se": (
        "Alla belopp i SEK om inget annat anges",
        "datum/tid|reglerings-id|typ|beställnings-id|sku|beskrivning|antal|marknadsplats"
        "|stad för beställning|försäljning av produkter|Inkasserad moms|försäljningsavgifter"
        "|fba-avgifter|Övrigt|totalt|Transaktionsstatus|Transaktionens utgivningsdatum",
        "Beställning|Överföring|Uppskjuten", "amazon.se", "5 jan. 2026 11:03:05 UTC",
        "1\u00a0000,00|9,00|100000",
    ),
    "pl": (
        "Wszystkie kwoty w PLN, chyba że określono inaczej",
        "data/godzina|identyfikator rozliczenia|typ|identyfikator zamówienia|sku|opis|ilość"
        "|rynek|miejscowość zamówienia|sprzedaż produktów|pobrany podatek od sprzedaży"
        "|opłaty za sprzedaż|opłaty za fba|inne|suma|Transaction Status|Transaction Release Date",
        "Zamówienie|Przelew|Deferred", "amazon.pl", "5 sty 2026 11:03:05 UTC",
        "1\u00a0000,00|9,00|100000",
    ),
    "mx": (
        "Todos los importes en MXN, a menos que se especifique lo contrario",
        "fecha/hora|Id. de liquidación|tipo |Id. del pedido|sku|descripción|cantidad|marketplace"
        "|ciudad del pedido|ventas de productos|impuesto de ventas de productos|tarifas de venta"
        "|tarifas fba|otro|total|Estado de la transacción|Fecha de liberación de la transacción",
        "Pedido|Transferencia|Diferido", "amazon.com.mx", "5 ene 2026 3:03:05 PST",
        "1,000.00|9.00|100000",
    ),
    "jp": (
        "すべての金額は特に記載がない限りJPYです",
        "日付/時間|決済番号|トランザクションの種類|注文番号|SKU|説明|数量|Amazon 出品サービス"
        "|市町村|商品売上|商品の売上税|手数料|FBA 手数料|その他|合計|Transaction Status"
        "|Transaction Release Date",
        "注文|振込み|Deferred", "amazon.co.jp", "2026/01/05 20:03:05JST",
        "1,000|900|1000",
    ),
    "in": (
        "All amounts in INR, unless specified",
        "date/time|settlement id|type|order id|Sku|description|quantity|marketplace|order city"
        "|product sales|Total sales tax liable(GST before adjusting TCS)|selling fees|fba fees"
        "|other|total|Transaction Status|Transaction Release Date",
        "Order|Transfer|Deferred", "amazon.in", "5 Jan 2026 11:03:05 AM UTC",
        "1,00,000.00|9.00|10000000",
    ),
}  # fmt: skip


def report(folder: Path, language: str, **changed: str) -> Path:
    """Write a report of one order, its payout, and one order that is held back."""
    title, header, said, place, at, form = LANGUAGES[language]
    order, transfer, held = said.split("|")
    whole, part, _ = form.split("|")
    total = changed.get("total", whole)
    rows = [
        [at, "77", order, ORDER, "MUG", "Mug", "1", place, PERSONAL]
        + [whole, part, f"-{part}", "0", "0", total, "Released", ""],
        [at, "77", transfer, "", "", "To account ending in 123", "", place, ""]
        + ["0", "0", "0", "0", f"-{whole}", f"-{whole}", "Released", ""],
        [at, "", order, ORDER[:-1] + "2", "MUG", "Mug", "1", place, PERSONAL]
        + [whole, "0", "0", "0", "0", whole, held, at],
    ]
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["Includes Amazon Marketplace, Fulfillment by Amazon (FBA)"])
    writer.writerow([title])
    writer.writerow(header.split("|"))
    writer.writerows(rows)
    path = folder / f"{language}.csv"
    path.write_text(text.getvalue(), encoding="utf-8-sig")
    return path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same(tmp_path: Path, language: str) -> None:
    path = report(tmp_path, language)

    (statement,) = AmazonSettlements().open_settlements(path, {})
    lines = list(statement.lines())

    value = int(LANGUAGES[language][5].split("|")[2])
    names = [(line.code.kind, line.code.name) for line in lines]
    assert names[0] == ("Order", "product sales")
    assert names[1][1] in ("product sales tax", "sales tax collected")
    assert names[2] == ("Order", "selling fees")
    assert [line.amount for line in lines] == [value, 900, -900]
    assert {line.order_ref for line in lines} == {ORDER}
    assert {line.posted_at for line in lines} == {datetime(2026, 1, 5, 11, 3, 5, tzinfo=UTC)}
    assert sum(line.amount for line in lines) == statement.facts.total
    assert statement.facts.extract is not None
    assert statement.facts.extract.payout == statement.facts.total
    (held,) = AmazonSettlements().read_held(path, {})
    assert (held.kind, held.order_id, held.amount) == ("Order", ORDER[:-1] + "2", lines[0].amount)
    assert held.releases_at == datetime(2026, 1, 5, 11, 3, 5, tzinfo=UTC)
    assert PERSONAL not in "".join(line.payload for line in lines)


@pytest.mark.parametrize(
    ("text", "order", "said"),
    [
        ("Sept. 30, 2026 11:59:59 PM PDT", None, "2026-10-01T06:59:59"),
        ("30 août 2026 23:59:59 UTC", None, "2026-08-30T23:59:59"),
        ("1. Dez. 2026 00:00:00 GMT+01:00", None, "2026-11-30T23:00:00"),
        ("12 kwi 2026 12:00:00 CEST", None, "2026-04-12T10:00:00"),
        ("12.04.2026 12:00:00 UTC", "dmy", "2026-04-12T12:00:00"),
        ("Mar 1, 2026 12:00:00 AM PST", None, "2026-03-01T08:00:00"),
    ],
)
def test_moments_in_words(text: str, order: str | None, said: str) -> None:
    assert named_moment(text, order, where="here").replace(tzinfo=None).isoformat() == said


@pytest.mark.parametrize("text", ["5 foo 2026 11:03:05 UTC", "31 Feb 2026 11:03:05 UTC", "soon"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="here"):
        named_moment(text, None, where="here")


def test_a_column_that_nobody_knows_may_be_money(tmp_path: Path) -> None:
    path = report(tmp_path, "us")
    path.write_text(path.read_text("utf-8-sig").replace("fba fees", "robot fees"))

    with pytest.raises(InputError, match="'robot fees' is not known"):
        DateRange(path)


def test_a_report_without_its_currency_is_refused(tmp_path: Path) -> None:
    path = report(tmp_path, "uk")
    text = path.read_text("utf-8-sig").replace("GBP", "").replace("amazon.co.uk", "")
    path.write_text(text)

    with pytest.raises(InputError, match="does not say its currency"):
        DateRange(path)


def test_without_title_rows_the_marketplace_tells_the_currency(tmp_path: Path) -> None:
    path = report(tmp_path, "de")
    path.write_text("".join(path.read_text("utf-8-sig").splitlines(keepends=True)[2:]))

    assert DateRange(path).currency == "EUR"
