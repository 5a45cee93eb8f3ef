"""Goods that are sent to the simulated Amazon's warehouses, over real HTTP, step by step."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from addons.amazon.connector import Amazon
from core import clock
from core.addresses.address import Address
from core.channels.inbound import InboundBox
from core.config import ROOT
from core.errors import Conflict
from core.errors import ConnectorError
from core.errors import InputError
from core.http import client
from core.inbound import planning
from core.inbound.labelling import fetch_labels
from core.inbound.models import InboundRow
from core.inbound.showing import plan_sheet
from core.inbound.states import find_plan
from core.inbound.states import stuck_query
from core.inbound.working import bring_on
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.amazon.inbound import Plan
from core.testkit.fakes.amazon.inbound_shipments import receive
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.specs import judge
from core.warehousing.places import add_warehouse
from core.warehousing.transferring import plan_transfer
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller
from tests.pages import browsing

MODELS = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared") / "specs/amazon"
DOCUMENTS = ("fulfillmentInbound_2024-03-20.json",)
HOME = Address("Ann Seller", "Acme", "1 Mill Lane\nUnit 2", "", "Leeds", "", "LS1 4AP", "GB",
               "0123", "ann@seller.example")  # fmt: skip
BOX = InboundBox("", 2, 300, 205, 100, 5500, {"TOWEL": 5, "CLOCK": 2})


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    """Return a seller with a transfer of ten towels and four clocks to Amazon's warehouse."""
    found = connected(AmazonFake.lived(seed=7, orders=2, factor=100_000))
    company_id = found.world.company.id
    with found.kernel.db.write() as session:
        add_warehouse(session, company_id, "FBA", "platform", "GB")
        home = found.world.rows("SELECT code FROM stock_warehouse WHERE kind = 'own'")[0][0]
        plan_transfer(session, company_id, home, "FBA", {"TOWEL": 10, "CLOCK": 4}, reference="T1")
    return found


def did(seller: Seller, act: Callable[..., InboundRow], *given: object) -> None:
    with seller.kernel.db.write() as session:
        act(session, seller.world.company.id, *given, actor="ann")


def begun(seller: Seller) -> str:
    with seller.kernel.db.write() as session:
        ready = clock.now().date()
        return planning.begin_plan(session, seller.connection, "T1", HOME, ready, actor="ann").key


def worked(seller: Seller, runs: int = 30) -> None:
    """Let the job run until a person is needed, or nothing more happens."""
    for _ in range(runs):
        bring_on(seller.kernel, seller.connection)
        if seller.world.rows("SELECT 1 FROM inbound_plan WHERE state = 'working'") == []:
            return


def sheet(seller: Seller, key: str) -> dict[str, Any]:
    with seller.kernel.db.read() as session:
        return dict(plan_sheet(session, find_plan(session, seller.world.company.id, key)))


def refs(told: dict[str, Any], cost: int) -> list[str]:
    return [each["ref"] for each in told["options"] if each["cost"] == cost]


def known(seller: Seller) -> Plan:
    (found,) = seller.fake.plans.values()
    return found


def stuck(session: Session, seller: Seller, after: timedelta = timedelta(0)) -> int:
    return len(session.scalars(stuck_query(seller.world.company.id, clock.now() + after)).all())


def test_goods_go_to_amazon_with_fees_shown_first(seller: Seller) -> None:  # noqa: PLR0915
    fake = seller.fake
    assert fake.served is not None
    judged = judge(MODELS / "models-oas3", DOCUMENTS, fake.served.url)
    fake.witnesses.append(judged)
    key = begun(seller)
    with pytest.raises(Conflict, match="has the plan"):
        begun(seller)

    worked(seller)
    asked = sheet(seller, key)
    assert (asked["state"], asked["act"]) == ("boxing", "box")
    assert list(asked["groups"].values()) == [{"CLOCK": 4, "TOWEL": 10}]
    with pytest.raises(InputError, match="5 are in boxes, 10 are to be sent"):
        did(seller, planning.pack, key, [InboundBox("", 1, 1, 1, 1, 1, {"TOWEL": 5, "CLOCK": 4})])
    did(seller, planning.pack, key, [BOX])

    worked(seller)
    offered = sheet(seller, key)
    assert (offered["state"], offered["act"]) == ("choosing", "take_placement")
    assert [each["cost"] for each in offered["options"]] == [0, 1250]
    (split,), (whole,) = refs(offered, 0), refs(offered, 1250)
    # Nothing is confirmed yet, and not at another price than the person saw.
    assert known(seller).paid == []
    with pytest.raises(Conflict, match="It costs 1250"):
        did(seller, planning.choose, key, [whole], 0)
    with pytest.raises(InputError, match="choose one"):
        did(seller, planning.choose, key, [split, whole], 1250)
    did(seller, planning.choose, key, [whole], 1250)

    worked(seller)
    carried = sheet(seller, key)
    assert (carried["state"], carried["act"]) == ("choosing", "take_transport")
    assert known(seller).paid == [1250]
    did(seller, planning.choose, key, refs(carried, 780), 780)

    worked(seller)
    ready = sheet(seller, key)
    (sent,) = ready["shipments"]
    assert (ready["state"], sent["status"]) == ("ready", "READY_TO_SHIP")
    assert known(seller).paid == [1250, 780]
    assert [(each["step"], each["amount"]) for each in ready["fees"]] == [
        ("placement", 1250),
        ("transport", 780),
    ]
    code, (box,) = sent["code"], sent["boxes"]
    company_id = seller.world.company.id
    assert fetch_labels(seller.kernel, company_id, key, code).endswith(f"/labels/{code}.pdf")
    did(seller, planning.track, key, code, {box: "1Z999"})

    worked(seller)
    tracked = [each.tracking for each in known(seller).sendings.values() if each.code == code]
    assert tracked == [{box: "1Z999"}]
    receive(fake, code, {"TOWEL": 9, "CLOCK": 4}, close=True)
    worked(seller, 1)
    over = sheet(seller, key)
    assert over["state"] == "closed"
    assert over["shipments"][0]["received"] == {"TOWEL": 9, "CLOCK": 4}
    with seller.kernel.db.read() as session:
        assert stuck(session, seller, timedelta(days=2)) == 0
    assert judged.objections == []
    assert len(judged.seen) >= 20


def test_what_amazon_refuses_is_shown_and_tried_again(seller: Seller) -> None:
    key = begun(seller)
    worked(seller)
    heavy = InboundBox("", 2, 300, 205, 100, 30_000, {"TOWEL": 5, "CLOCK": 2})
    did(seller, planning.pack, key, [heavy])
    worked(seller)
    refused = sheet(seller, key)
    assert refused["state"] == "refused"
    assert "BoxTooHeavy: A box is heavier than 23 kg." in refused["reason"]
    with seller.kernel.db.read() as session:
        assert stuck(session, seller) == 1

    did(seller, planning.try_again, key)
    worked(seller)
    assert sheet(seller, key)["state"] == "boxing"
    did(seller, planning.pack, key, [BOX])
    worked(seller)
    assert sheet(seller, key)["state"] == "choosing"

    did(seller, planning.cancel, key)
    worked(seller)
    assert (sheet(seller, key)["state"], known(seller).status) == ("cancelled", "VOIDED")
    assert begun(seller) != key


def test_a_cut_answer_or_a_death_at_any_request_does_nothing_twice(seller: Seller) -> None:
    # Every third request is done, and its answer lost.
    planned = dict.fromkeys(range(2, 400, 3), Fault.LOST)
    seller.fake.faults = Faults(planned=planned)
    key = begun(seller)
    _through(seller, key)
    assert sheet(seller, key)["state"] == "ready"
    assert known(seller).paid == [1250, 780]


def test_a_process_that_dies_goes_on_where_it_was(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, asks, looks = begun(seller), Amazon.ask_inbound, Amazon.inbound_outcome
    turns = {"n": 0}

    def dying(act: Callable[..., Any], first: bool) -> Callable[..., Any]:
        def either(*given: Any, **named: Any) -> Any:
            turns["n"] += 1
            if first and turns["n"] % 3 == 0:
                raise KeyboardInterrupt
            found = act(*given, **named)
            if turns["n"] % 3 == 1:
                raise KeyboardInterrupt
            return found

        return either

    monkeypatch.setattr(Amazon, "ask_inbound", dying(asks, first=True))
    monkeypatch.setattr(Amazon, "inbound_outcome", dying(looks, first=False))
    _through(seller, key)
    assert sheet(seller, key)["state"] == "ready"
    assert known(seller).paid == [1250, 780]


def _through(seller: Seller, key: str) -> None:
    """Bring a plan to its end whatever fails, as the schedule and a person would."""
    for _ in range(120):
        try:
            bring_on(seller.kernel, seller.connection)
        except (ConnectorError, KeyboardInterrupt):
            continue
        told = sheet(seller, key)
        if told["state"] == "boxing":
            did(seller, planning.pack, key, [BOX])
        elif told["state"] == "choosing":
            cost = 1250 if told["act"] == "take_placement" else 780
            did(seller, planning.choose, key, refs(told, cost), cost)
        elif told["state"] in ("ready", "refused"):
            return


BOXES = """box,boxes,length_cm,width_cm,height_cm,weight_kg,sku,quantity
A,2,30,20.5,10,5.5,TOWEL,5
A,,,,,,CLOCK,2
"""


def test_pages_lead_from_the_transfer_to_the_number(seller: Seller) -> None:
    address = {"name": "Ann", "street": "1 Mill Lane", "city": "Leeds", "postcode": "LS1",
               "country": "GB", "phone": "1"}  # fmt: skip
    with browsing(seller.kernel.config) as client:
        lacking = client.post(
            "/stock/inbound", data={"connection": seller.connection.label, "transfer": "T1"}
        )
        assert (lacking.status_code, "say where the goods come from" in lacking.text) == (400, True)
        begin = {"connection": seller.connection.label, "transfer": "T1", **address}
        page = client.post("/stock/inbound", data=begin).location
        worked(seller)
        assert "Waits for your boxes" in client.get("/stock/inbound").text
        assert "Tell the boxes" in client.get(page).text
        client.post(f"{page}/pack", data={"boxes": BOXES})
        worked(seller)
        assert "12.50" in client.get(page).text
        (dear,) = refs(sheet(seller, _key(seller)), 1250)
        assert client.post(f"{page}/choose", data={"option": f"{dear}=0"}).status_code == 409
        client.post(f"{page}/choose", data={"option": f"{dear}=1250"})
        worked(seller)
        (own,) = refs(sheet(seller, _key(seller)), 0)
        client.post(f"{page}/choose", data={"option": f"{own}=0"})
        worked(seller)
        shown = client.get(page).text
        (sent,) = sheet(seller, _key(seller))["shipments"]
        assert "Tell the numbers" in shown
        assert sent["boxes"][0] in shown
        labels = client.post(f"{page}/labels", data={"shipment": sent["ref"]})
        assert labels.status_code == 303, labels.text
        assert labels.location.endswith(f"/labels/{sent['code']}.pdf")
        number = {"shipment": sent["ref"], f"number-{sent['boxes'][0]}": "1Z9"}
        client.post(f"{page}/track", data=number)
        worked(seller)
    assert known(seller).sendings[sent["ref"]].tracking == {sent["boxes"][0]: "1Z9"}
    assert known(seller).paid == [1250]


def _key(seller: Seller) -> str:
    return str(seller.world.rows("SELECT key FROM inbound_plan")[0][0])
