"""The simulated Amazon answers as Amazon's documents say, and tells the truth."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from core.config import ROOT
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.amazon.settlement import CODES
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Status
from core.testkit.specs import Judge
from core.testkit.specs import judge
from tests.testkit.fakes.asking import Amazon

SHARED = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared")
MODELS = SHARED / "specs" / "amazon" / "models-oas3"
DOCUMENTS = (
    "orders_2026-01-01.json",
    "ordersV0.json",
    "listingsItems_2021-08-01.json",
    "fbaInventory.json",
    "reports_2021-06-30.json",
    "feeds_2021-06-30.json",
    "finances_2024-06-19.json",
    "sellers.json",
    "tokens_2021-03-01.json",
)
PARCEL = {
    "packageReferenceId": "1",
    "carrierCode": "Royal Mail",
    "trackingNumber": "RM1",
    "shipDate": "2026-06-01T10:00:00Z",
}


@pytest.fixture
def amazon() -> Iterator[Amazon]:
    """Give somebody who has logged in at a marketplace after a month of trade."""
    fake = AmazonFake.lived(seed=7, orders=90, factor=10_000)
    with fake.up():
        asking = Amazon(fake)
        asking.log_in()
        yield asking
        asking.http.close()


@pytest.fixture
def judged(amazon: Amazon) -> Judge:
    """Let Amazon's own documents judge the whole conversation."""
    assert amazon.fake.served is not None
    made = judge(MODELS, DOCUMENTS, amazon.fake.served.url)
    amazon.fake.witnesses.append(made)
    return made


def open_order(amazon: Amazon) -> Any:
    return next(
        sale
        for sale in amazon.fake.trade.sales.values()
        if sale.status is Status.OPEN and not sale.stored
    )


def items_of(sale: Any, quantity: int | None = None) -> list[dict[str, Any]]:
    return [{"orderItemId": item.ref, "quantity": quantity or item.open} for item in sale.items]


def test_every_operation_keeps_to_amazons_documents(amazon: Amazon, judged: Judge) -> None:
    place, seller = amazon.known["marketplace"], amazon.known["seller_id"]
    sale = open_order(amazon)
    listing = f"/listings/2021-08-01/items/{seller}"
    patch = {"op": "replace", "path": "/attributes/fulfillment_availability"}
    patch["value"] = [{"fulfillment_channel_code": "DEFAULT", "quantity": 3}]  # type: ignore[assignment]

    assert len(list(amazon.orders())) == 90
    amazon.get(f"/orders/2026-01-01/orders/{sale.ref}", includedData="PROCEEDS")
    body = {"marketplaceId": place, "packageDetail": PARCEL | {"orderItems": items_of(sale)}}
    confirm = f"/orders/v0/orders/{sale.ref}/shipmentConfirmation"
    assert amazon.ask("POST", confirm, body).status_code == 204
    sets = "summaries,offers,fulfillmentAvailability,issues"
    amazon.get(listing, marketplaceIds=place, includedData=sets, pageSize=5)
    amazon.get(f"{listing}/TOWEL", marketplaceIds=place, includedData=sets)
    change = {"productType": "HOME", "patches": [patch]}
    amazon.ask("PATCH", f"{listing}/TOWEL", change, marketplaceIds=place)
    amazon.ask("PATCH", f"{listing}/NONE", change, marketplaceIds=place)
    amazon.get(
        "/fba/inventory/v1/summaries", granularityType="Marketplace", granularityId=place,
        marketplaceIds=place, details="true",
    )  # fmt: skip
    amazon.get("/finances/2024-06-19/transactions", postedAfter="2020-01-01T00:00:00Z")
    amazon.get("/sellers/v1/marketplaceParticipations")
    wanted = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
    told = amazon.get("/reports/2021-06-30/reports", reportTypes=wanted)
    amazon.report(told["reports"][0]["reportId"])
    ask_for = {"reportType": "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA", "marketplaceIds": [place]}
    amazon.ask("POST", "/reports/2021-06-30/reports", ask_for)
    feed_of(amazon, [{"messageId": 1, "sku": "TOWEL", "patches": [patch]}])
    path = f"/orders/2026-01-01/orders/{sale.ref}"
    restricted = {"restrictedResources": [{"method": "GET", "path": path}]}
    amazon.ask("POST", "/tokens/2021-03-01/restrictedDataToken", restricted)

    assert judged.objections == []
    assert len(judged.seen) == 18, sorted(judged.seen)


def test_the_judge_sees_what_is_wrong(amazon: Amazon, judged: Judge) -> None:
    amazon.ask("GET", "/sellers/v1/marketplaceParticipations", marketplace="A1")
    amazon.ask("POST", "/orders/v0/orders/1/shipmentConfirmation", {"packageDetail": {}})

    first, second = judged.objections
    assert "no parameter marketplace" in first
    assert "'marketplaceId' is a required property" in second


def test_pages_hold_every_order_once_with_its_truth(amazon: Amazon) -> None:
    orders = list(amazon.orders())

    assert Counter(each["orderId"] for each in orders) == Counter([*amazon.fake.trade.sales])
    for order in orders:
        sale = amazon.fake.trade.sales[order["orderId"]]
        if sale.status is not Status.UNPAID:
            total = order["proceeds"]["grandTotal"]["amount"]
            assert Decimal(total) == Decimal(sale.net + sale.tax) / 100
        parts = [item.get("fulfillment", {}) for item in order["orderItems"]]
        assert sum(part["quantityFulfilled"] for part in parts) == sum(i.sent for i in sale.items)


def test_a_token_leads_through_the_list_as_it_was(amazon: Amazon) -> None:
    walk = amazon.orders(maxResultsPerPage=50)
    first = [next(walk)["orderId"] for _ in range(50)]
    amazon.fake.trade.sales.pop(first[0])

    rest = [order["orderId"] for order in walk]
    assert len(rest) == 40
    assert not set(first) & set(rest)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "Exactly one"),
        ({"createdAfter": "2026-01-01T00:00:00Z", "lastUpdatedAfter": "2026-01-01T00:00:00Z"},
         "Exactly one"),
        ({"createdAfter": "yesterday"}, "ISO 8601"),
        ({"createdAfter": "2026-01-01"}, "ISO 8601"),
        ({"createdAfter": "2999-01-01T00:00:00Z"}, "two minutes"),
        ({"createdAfter": "2026-01-01T00:00:00Z", "maxResultsPerPage": 101}, "1 to 100"),
        ({"createdAfter": "2026-01-01T00:00:00Z", "paginationToken": "x"}, "token"),
        ({"createdAfter": "2026-01-01T00:00:00Z", "NextToken": "x"}, "Unknown parameter"),
    ],
)  # fmt: skip
def test_what_amazon_refuses_is_refused(amazon: Amazon, query: Any, said: str) -> None:
    answer = amazon.ask("GET", "/orders/2026-01-01/orders", **query)

    assert answer.status_code == 400
    assert said in answer.json()["errors"][0]["message"]


def test_tokens_are_asked_for_and_run_out(amazon: Amazon) -> None:
    path = "/sellers/v1/marketplaceParticipations"
    assert amazon.ask("GET", path).status_code == 200
    amazon.fake.clock.advance(timedelta(hours=2))
    assert amazon.ask("GET", path).status_code == 403
    assert amazon.log_in(client_secret="wrong").json()["error"] == "invalid_client"
    assert amazon.log_in(refresh_token="wrong").json()["error"] == "invalid_grant"
    assert amazon.log_in(grant_type="password").json()["error"] == "unsupported_grant_type"
    amazon.log_in()
    assert amazon.ask("GET", path).status_code == 200


def test_a_code_of_the_consent_page_serves_once(amazon: Amazon) -> None:
    back = {"redirect_uri": "https://erp.example/oauth/callback", "state": "s"}
    told = amazon.http.get("/apps/authorize/consent", params=back)
    given = httpx2.URL(told.headers["location"]).params

    assert given["state"] == "s"
    grant = {"grant_type": "authorization_code", "code": given["spapi_oauth_code"]}
    assert amazon.log_in(**grant).json()["refresh_token"] == amazon.known["refresh_token"]
    assert amazon.log_in(**grant).status_code == 400


def test_faster_than_the_rate_is_refused_and_counted() -> None:
    fake = AmazonFake.lived(seed=7, orders=1, factor=2)
    with fake.up():
        amazon = Amazon(fake)
        amazon.log_in()
        statuses = [amazon.ask("GET", "/sellers/v1/marketplaceParticipations") for _ in range(17)]
        amazon.http.close()

    assert [answer.status_code for answer in statuses] == [200] * 15 + [429] * 2
    assert statuses[0].headers["x-amzn-RateLimit-Limit"] == "0.032"
    assert fake.calls.too_fast == {"getMarketplaceParticipations": 2}


def test_shipments_are_confirmed_once(amazon: Amazon) -> None:
    sale = open_order(amazon)
    path = f"/orders/v0/orders/{sale.ref}/shipmentConfirmation"
    body = {"marketplaceId": "A1F83G8C2ARO7P"}
    body["packageDetail"] = PARCEL | {"orderItems": items_of(sale)}  # type: ignore[assignment]

    assert [amazon.ask("POST", path, body).status_code for _ in range(2)] == [204, 204]
    assert (sale.status, len(sale.parcels)) == (Status.SENT, 1)
    (order,) = [each for each in amazon.orders() if each["orderId"] == sale.ref]
    assert order["packages"][0]["trackingNumber"] == "RM1"
    body["packageDetail"]["packageReferenceId"] = "2"  # type: ignore[index]
    assert amazon.ask("POST", path, body).status_code == 204 or not items_of(sale)[0]["quantity"]
    more = {**body, "packageDetail": {**PARCEL, "packageReferenceId": "3",
            "orderItems": items_of(sale, 1)}}  # fmt: skip
    assert "More of" in amazon.ask("POST", path, more).json()["errors"][0]["message"]


def test_what_a_listing_may_not_be_is_told_with_a_200(amazon: Amazon) -> None:
    path = f"/listings/2021-08-01/items/{amazon.known['seller_id']}/TOWEL"

    def patch(quantity: object, **query: str) -> dict[str, Any]:
        value = [{"fulfillment_channel_code": "DEFAULT", "quantity": quantity}]
        where = "/attributes/fulfillment_availability"
        body = {"productType": "HOME", "patches": [{"op": "replace", "path": where}]}
        body["patches"][0]["value"] = value  # type: ignore[index]
        answer = amazon.ask("PATCH", path, body, **amazon.place, **query)
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json()
        return told

    assert patch(4, mode="VALIDATION_PREVIEW")["status"] == "VALID"
    shown = amazon.fake.trade.products["TOWEL"].shown
    assert shown > 4
    assert patch(-1)["status"] == "INVALID"
    assert patch("4")["issues"][0]["code"] == "90000900"
    assert amazon.fake.trade.products["TOWEL"].shown == shown
    assert patch(4)["status"] == "ACCEPTED"
    assert amazon.fake.trade.products["TOWEL"].shown == 4


def test_settlement_reports_are_the_truth_to_the_cent(amazon: Amazon) -> None:
    wanted = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
    first = amazon.get("/reports/2021-06-30/reports", reportTypes=wanted, pageSize=1)
    second = amazon.get("/reports/2021-06-30/reports", nextToken=first["nextToken"])
    reports = first["reports"] + second["reports"]

    for report, made in zip(reversed(reports), amazon.fake.trade.settlements, strict=True):
        lines = [line.split("\t") for line in amazon.report(report["reportId"]).splitlines()]
        rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
        amounts = [Decimal(row["amount"].replace(",", ".")) for row in rows if row["amount"]]
        assert sum(amounts) == Decimal(made.total) / 100
        assert rows[0]["total-amount"] == f"{made.total / 100:.2f}".replace(".", ",")
        assert len(amounts) == len(made.facts)
    answer = amazon.ask("POST", "/reports/2021-06-30/reports", {"reportType": wanted})
    assert "cannot be requested" in answer.text


def test_finances_tell_what_is_not_settled_yet_too(amazon: Amazon) -> None:
    path = "/finances/2024-06-19/transactions"
    events: list[dict[str, Any]] = []
    token = ""
    while token is not None:
        more = {"nextToken": token} if token else {}
        page = amazon.get(path, postedAfter="2020-01-01T00:00:00Z", **more)["payload"]
        events += page["transactions"]
        token = page.get("nextToken")

    facts = [fact for fact in amazon.fake.trade.truth.facts if fact.kind in CODES]
    told = sum(round(event["totalAmount"]["currencyAmount"] * 100) for event in events)
    assert told == sum(fact.amount for fact in facts)
    assert {event["transactionStatus"] for event in events} == {"RELEASED", "DEFERRED"}


def feed_of(amazon: Amazon, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what became of a feed."""
    base = "/feeds/2021-06-30"
    kind = {"contentType": "application/json; charset=UTF-8"}
    document = amazon.ask("POST", f"{base}/documents", kind).json()
    amazon.http.put(document["url"], content=json.dumps({"messages": messages}))
    said = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [amazon.known["marketplace"]]}
    said["inputFeedDocumentId"] = document["feedDocumentId"]
    feed = amazon.ask("POST", f"{base}/feeds", said).json()["feedId"]
    assert amazon.get(f"{base}/feeds/{feed}")["processingStatus"] == "IN_PROGRESS"
    amazon.fake.clock.advance(timedelta(seconds=5))
    done = amazon.get(f"{base}/feeds/{feed}")
    result = amazon.get(f"{base}/documents/{done['resultFeedDocumentId']}")
    found: dict[str, Any] = json.loads(gzip.decompress(amazon.http.get(result["url"]).content))
    return found


def test_a_feed_is_worked_off_message_by_message(amazon: Amazon) -> None:
    patch = {"op": "replace", "path": "/attributes/fulfillment_availability"}
    patch["value"] = [{"quantity": 9}]  # type: ignore[assignment]
    told = feed_of(
        amazon,
        [
            {"messageId": 1, "sku": "TOWEL", "patches": [patch]},
            {"messageId": 2, "sku": "NONE", "patches": [patch]},
        ],
    )

    assert (told["summary"]["messagesAccepted"], told["issues"][0]["messageId"]) == (1, 2)
    assert amazon.fake.trade.products["TOWEL"].shown == 9


@pytest.mark.parametrize("fault", list(Fault))
def test_each_fault_is_what_it_says(fault: Fault) -> None:
    fake = AmazonFake.lived(seed=7, orders=30, factor=10_000, faults=Faults(planned={3: fault}))
    with fake.up():
        amazon = Amazon(fake)
        amazon.log_in()
        query = {"createdAfter": "2000-01-01T00:00:00Z", "maxResultsPerPage": 10}
        first = amazon.get("/orders/2026-01-01/orders", **query)
        more = {"paginationToken": first["pagination"]["nextToken"]}
        try:
            answer = amazon.ask("GET", "/orders/2026-01-01/orders", **query, **more)
            told = (answer.status_code, "retry-after" in answer.headers)
            refs = [each["orderId"] for each in answer.json().get("orders", ())]
        except httpx2.TransportError as error:
            told, refs = (type(error).__name__, False), []
        amazon.http.close()

    before = {each["orderId"] for each in first["orders"]}
    expected: dict[Fault, tuple[object, bool]] = {
        Fault.LIMITED: (429, True),
        Fault.LIMITED_SILENTLY: (429, False),
        Fault.BUSY: (503, False),
        Fault.LOST: (500, False),
        Fault.NO_ANSWER: ("RemoteProtocolError", False),
        Fault.CUT: ("RemoteProtocolError", False),
        Fault.EXPIRED: (403, False),
        Fault.OVERLAP: (200, False),
        Fault.PARTIAL: (200, False),
    }
    assert told == expected[fault]
    assert bool(before & set(refs)) is (fault is Fault.OVERLAP)
    assert len(refs) == {Fault.OVERLAP: 12, Fault.PARTIAL: 5}.get(fault, 0)
    assert fake.faults.met == [fault]


def test_stock_in_its_warehouses_is_paged(amazon: Amazon) -> None:
    query = {"granularityType": "Marketplace", "granularityId": amazon.known["marketplace"]}
    first = amazon.get("/fba/inventory/v1/summaries", **query, **amazon.place)
    more = {"nextToken": first["pagination"]["nextToken"]}
    second = amazon.get("/fba/inventory/v1/summaries", **query, **amazon.place, **more)

    told = {
        each["sellerSku"]: each["totalQuantity"]
        for page in (first, second)
        for each in page["payload"]["inventorySummaries"]
    }
    assert told == {sku: each.stored for sku, each in amazon.fake.trade.products.items()}


def test_what_changes_now_is_shown_after_two_minutes(amazon: Amazon) -> None:
    sale = open_order(amazon)
    now = amazon.fake.clock.now()
    amazon.fake.trade.changed(sale, now)

    def changed() -> list[str]:
        since = text_of(now - timedelta(minutes=3))
        query = {"createdAfter": "", "lastUpdatedAfter": since}
        return [order["orderId"] for order in amazon.orders(**query)]

    assert sale.ref not in changed()
    amazon.fake.clock.advance(timedelta(minutes=3))
    amazon.log_in()
    assert sale.ref in changed()
