"""Disputes of the simulated eBay: told with their deadline, answered once, and how they end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.channels.disputes import DisputeStep
from core.channels.disputes import Evidence
from core.disputes.answering import Proposal
from core.disputes.answering import answer_dispute
from core.disputes.models import Dispute as Kept
from core.disputes.pulling import PulledDisputes
from core.disputes.pulling import pull_disputes
from core.disputes.reading import dispute_by_name
from core.disputes.reading import list_disputes
from core.disputes.reading import waiting_query
from core.errors import ConnectorError
from core.errors import EntrepotError
from core.kernel.connecting import reconnect
from core.orders.models import OrderEvent
from core.orders.pulling import pull_orders
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.ebay.claims import Claim
from core.testkit.fakes.ebay.disputes import Dispute
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from tests.ebay.conftest import DOCUMENTS
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller
from tests.ebay.conftest import judged_by_ebay
from tests.ebay.conftest import settings_of

PROOF = Evidence("PROOF_OF_ITEM_AS_DESCRIBED", "vase.png", b"\x89PNG of a vase")
CONTEST = Proposal(DisputeStep.CONTEST, "It arrived on Monday.", (PROOF,))


@pytest.fixture
def seller(connected: Connected) -> Seller:
    """Return an account with a dispute that waits for an answer."""
    fake = EbayFake.lived(seed=11, orders=6, factor=10_000)
    made = connected(fake)
    switched = settings_of(fake, disputes=True)
    version = made.connection.row_version
    made.connection = reconnect(made.kernel, made.connection, switched, row_version=version)
    at = fake.clock.now().replace(microsecond=0) - timedelta(days=2)
    fake.disputes.append(Dispute("5000012345", next(iter(fake.trade.sales)), 1200, at))
    return made


def pulled(seller: Seller) -> PulledDisputes:
    return pull_disputes(seller.kernel, seller.connection)


def shown(seller: Seller, name: str = "5000012345") -> Any:
    with seller.kernel.db.read() as session:
        company_id = seller.connection.company_id
        rows = list_disputes(session, company_id, "all").rows
    return next(row for row in rows if row.external_ref == name)


def answered(seller: Seller, proposal: Proposal, name: str = "5000012345", **how: Any) -> Any:
    company_id = seller.connection.company_id
    with seller.kernel.db.read() as session:
        number = dispute_by_name(session, company_id, name)
    given = {"preview": False, **how}
    return answer_dispute(seller.kernel, company_id, number, proposal, "ann", **given)


def events(seller: Seller) -> list[str]:
    query = (
        sa.select(OrderEvent.kind)
        .where(OrderEvent.kind.startswith("dispute"))
        .order_by(OrderEvent.recorded_at, OrderEvent.id)
    )
    with seller.kernel.db.read() as session:
        return list(session.scalars(query))


def test_a_dispute_is_contested_with_evidence_once_and_won(seller: Seller) -> None:
    judged, fake = judged_by_ebay(seller), seller.fake
    pull_orders(seller.kernel, seller.connection)
    assert pulled(seller).new == 1
    assert pulled(seller).unchanged == 1
    row = shown(seller)
    due = fake.disputes[0].at + timedelta(days=5)
    assert (row.state, row.reason, row.answer_by) == ("open", "ITEM_NOT_RECEIVED", due)
    assert (row.amount, row.currency, row.steps) == (1200, "GBP", ["accept", "contest"])
    assert row.order_id is not None

    looked = answered(seller, CONTEST, preview=True)
    assert looked.taken
    assert "PROOF_OF_ITEM_AS_DESCRIBED: vase.png" in looked.sends
    assert (fake.disputes[0].revision, fake.disputes[0].files) == (1, {})

    answered(seller, CONTEST)
    assert list(fake.disputes[0].files.values()) == ["vase.png"]
    assert (fake.disputes[0].response, fake.disputes[0].note) == ("CONTEST", CONTEST.note)
    with pytest.raises(EntrepotError, match="takes no such answer"):
        answered(seller, CONTEST)
    assert (shown(seller).state, shown(seller).answered_by) == ("pending", "ann")

    fake.end_dispute(fake.disputes[0], won=True)
    assert pulled(seller).changed == 1
    assert shown(seller).state == "won"
    assert events(seller) == ["disputed", "dispute_contest", "dispute_won"]
    assert judged.objections == []
    assert {"contestPaymentDispute", "addEvidence", "getPaymentDispute"} <= judged.seen


def test_an_answer_that_broke_off_is_not_given_twice(seller: Seller) -> None:
    fake = seller.fake
    pulled(seller)
    # Read, uploaded, and handed in without a reply.
    fake.faults = Faults(planned={3: Fault.LOST})
    with pytest.raises(ConnectorError):
        answered(seller, CONTEST)
    assert (len(fake.disputes[0].sets), fake.disputes[0].response) == (1, "")
    assert shown(seller).state == "open"
    # Read, and contested without a reply: the evidence is there already.
    fake.faults = Faults(planned={3: Fault.LOST})
    with pytest.raises(ConnectorError):
        answered(seller, CONTEST)
    assert (len(fake.disputes[0].sets), fake.disputes[0].response) == (1, "CONTEST")
    with pytest.raises(EntrepotError, match="CONTEST"):
        answered(seller, CONTEST)
    pulled(seller)
    assert (fake.disputes[0].revision, shown(seller).state) == (3, "pending")


def test_what_was_answered_at_ebay_is_seen_before_anything_is_sent(seller: Seller) -> None:
    pulled(seller)
    seller.fake.disputes[0].status = "OPEN"
    seller.fake.disputes[0].response = "CONTEST"
    with pytest.raises(EntrepotError, match="CONTEST"):
        answered(seller, Proposal(DisputeStep.ACCEPT))
    assert seller.fake.disputes[0].revision == 1
    wrong = Evidence("PROOF_OF_DELIVERY", "vase.png", b"")
    with pytest.raises(EntrepotError, match="no evidence"):
        answered(seller, Proposal(DisputeStep.CONTEST, "", (wrong,)))


def test_who_gives_in_has_lost(seller: Seller) -> None:
    pulled(seller)
    with pytest.raises(EntrepotError, match="JPEG or PNG"):
        answered(seller, Proposal(DisputeStep.CONTEST, "", (Evidence(PROOF.kind, "a.pdf", b""),)))
    answered(seller, Proposal(DisputeStep.ACCEPT))
    pulled(seller)
    assert shown(seller).state == "lost"


def test_inquiries_and_cases_are_claims_with_a_deadline(seller: Seller) -> None:
    fake, (first, second) = seller.fake, list(seller.fake.trade.sales)[:2]
    at = fake.clock.now().replace(microsecond=0) - timedelta(days=1)
    fake.claims += [
        Claim("5111", first, 900, at),
        Claim("5222", second, 700, at, "casemanagement", "OPEN"),
    ]
    assert pulled(seller).new == 3
    inquiry, case = shown(seller, "inquiry-5111"), shown(seller, "case-5222")
    assert (inquiry.kind, inquiry.state, inquiry.amount) == ("claim", "open", 900)
    assert (case.kind, case.steps) == ("case", ["accept"])
    assert inquiry.answer_by == at + timedelta(days=3)
    with seller.kernel.db.read() as session:
        assert len(session.execute(waiting_query(seller.connection.company_id)).all()) == 3

    with pytest.raises(EntrepotError, match="which parcel"):
        answered(seller, Proposal(DisputeStep.CONTEST), "inquiry-5111")
    parcel = Proposal(DisputeStep.CONTEST, carrier="Royal Mail", tracking="RM1")
    answered(seller, parcel, "inquiry-5111")
    answered(seller, Proposal(DisputeStep.ACCEPT), "case-5222")
    assert (fake.claims[0].tracking, fake.claims[1].refunded) == ("RM1", 700)
    pulled(seller)
    assert {shown(seller, "inquiry-5111").state, shown(seller, "case-5222").state} == {
        "pending",
        "closed",
    }


def test_disputes_are_fetched_where_they_are_switched_on_alone(connected: Connected) -> None:
    seller = connected(EbayFake.lived(seed=11, orders=5, factor=10_000))
    assert "disputes" not in settings_of(seller.fake)
    assert pulled(seller).told == 0
    with seller.kernel.db.read() as session:
        assert session.scalars(sa.select(Kept.id)).all() == []


def test_ebays_documents_know_the_addresses_of_inquiries_and_cases() -> None:
    if not DOCUMENTS.is_dir():
        pytest.skip(f"eBay's own documents are not at {DOCUMENTS}")
    known = {
        ("inquiry_oas3.json", "/inquiry/search", "get"),
        ("inquiry_oas3.json", "/inquiry/{inquiryId}", "get"),
        ("inquiry_oas3.json", "/inquiry/{inquiryId}/issue_refund", "post"),
        ("inquiry_oas3.json", "/inquiry/{inquiryId}/provide_shipment_info", "post"),
        ("case_oas3.json", "/casemanagement/search", "get"),
        ("case_oas3.json", "/casemanagement/{caseId}", "get"),
        ("case_oas3.json", "/casemanagement/{caseId}/issue_refund", "post"),
    }
    for name, path, method in known:
        document = json.loads((DOCUMENTS / name).read_text(encoding="utf-8"))
        assert method in document["paths"][path], path
