"""Labels bought of the simulated Amazon, over real HTTP, and what they cost in the books."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from core.config import ROOT
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.errors import OutcomeUnknown
from core.errors import RequestRefused
from core.fulfilling.telling import tell_parcels
from core.http import client
from core.labelling.files import file_of
from core.labelling.voiding import fetch
from core.labelling.voiding import not_bought
from core.labelling.voiding import void
from core.orders.shipping import ship
from core.privacy.forgetting import forget
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.trade import Status
from core.testkit.specs import judge
from tests.amazon.conftest import Connected
from tests.amazon.conftest import Seller
from tests.labelling.selling import BEA
from tests.labelling.selling import SIZE
from tests.labelling.selling import Labelled
from tests.labelling.selling import labelled
from tests.labelling.selling import settled
from tests.orders.life import Life

SPECS = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared") / "specs/amazon"
MODEL = ("merchantFulfillmentV0.json",)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(AmazonFake.lived(seed=7, orders=3, factor=10_000, stored=0.0))


def labels_of(found: Labelled) -> list[tuple[str, str, int | None]]:
    return [(each.state, each.tracking, each.price) for each in found.labels()]


def test_a_label_is_bought_printed_shipped_with_and_settled(seller: Seller) -> None:
    judged = judge(SPECS / "models-oas3", MODEL, seller.fake.served.url)  # type: ignore[union-attr]
    seller.fake.witnesses.append(judged)
    found = labelled(seller)

    offers = found.offers()
    assert seller.fake.labels == {}
    assert [(o.service, o.carrier, o.price, o.currency, o.latest_days) for o in offers] == [
        ("RM_48", "ROYAL_MFN", 335, "GBP", 3),
        ("RM_24", "ROYAL_MFN", 429, "GBP", 2),
        ("DPD_UK_NEXT", "DPD_UK", 599, "GBP", 1),
    ]
    found.order(offers[0])
    assert (found.buy().bought, found.buy().bought) == (1, 0)

    (sold,) = seller.fake.labels.values()
    assert labels_of(found) == [("bought", sold.tracking, 335)]
    assert found.costs() == {"6130": 335, "2150": -335}
    with seller.kernel.db.read() as session:
        printed = file_of(session, found.company_id, found.labels()[0].id)
    assert printed.content.startswith(b"%PDF")
    assert (printed.name, printed.kind) == (f"label-{sold.tracking}.pdf", "application/pdf")
    with pytest.raises(Conflict, match="has its label"):
        found.offers()

    Life(seller.world).do(ship, found.sale.ref)
    tell_parcels(seller.kernel, seller.connection)
    (parcel,) = found.sale.parcels
    assert (parcel.tracking, parcel.carrier) == (sold.tracking, "ROYAL_MFN")
    assert found.sale.status is Status.SENT
    # The settlement says what the label cost, and takes the place of what was accrued.
    assert settled(seller) == [-335]
    assert found.costs() == {"6130": 335}
    assert seller.world.broken() == []
    assert judged.objections == []
    assert judged.seen == {"getEligibleShipmentServices", "createShipment"}


def test_a_label_that_is_given_back_costs_nothing_whenever_it_is_charged(seller: Seller) -> None:
    judged = judge(SPECS / "models-oas3", MODEL, seller.fake.served.url)  # type: ignore[union-attr]
    seller.fake.witnesses.append(judged)
    found = labelled(seller)
    found.order(found.offers()[1])
    found.buy()

    answer = void(seller.kernel, found.company_id, found.labels()[0].id, BEA)

    assert (answer.taken, found.costs()) == (True, {})
    assert [each.state for each in found.labels()] == ["voided"]
    with pytest.raises(Conflict, match="is voided"):
        void(seller.kernel, found.company_id, found.labels()[0].id, BEA)
    # Another one may be bought now; the settlement charges both, and pays the first one back.
    found.order(found.offers()[0])
    found.buy()
    Life(seller.world).do(ship, found.sale.ref)
    tell_parcels(seller.kernel, seller.connection)
    late = void(seller.kernel, found.company_id, found.labels()[0].id, BEA)
    assert (late.taken, "handed over already" in late.reason) == (False, True)
    assert settled(seller) == [-429, 429, -335]
    assert found.costs() == {"6130": 335}
    assert seller.world.broken() == []
    assert judged.objections == []
    assert "cancelShipment" in judged.seen


def test_a_purchase_without_an_answer_is_looked_up_and_never_made_twice(seller: Seller) -> None:
    found = labelled(seller)
    found.order(found.offers()[0])
    seller.fake.faults = Faults(planned={1: Fault.LOST})
    with pytest.raises(OutcomeUnknown):
        found.buy()
    assert [each.state for each in found.labels()] == ["buying"]
    with pytest.raises(Conflict, match="has its label"):
        found.offers()

    assert found.buy().bought == 1

    assert seller.fake.calls.made["createShipment"] == 1
    (sold,) = seller.fake.labels.values()
    assert labels_of(found) == [("bought", sold.tracking, 335)]
    assert found.costs() == {"6130": 335, "2150": -335}
    # Amazon names it to a person alone: by that name its file is fetched.
    label_id = found.labels()[0].id
    with pytest.raises(Conflict, match="is bought"):
        void(seller.kernel, found.company_id, label_id, BEA)
    fetch(seller.kernel, found.company_id, label_id, BEA, ref=sold.ref)
    assert (found.labels()[0].ref, found.labels()[0].has_file) == (sold.ref, True)
    assert found.costs() == {"6130": 335, "2150": -335}


def test_a_purchase_of_which_amazon_knows_nothing_waits_for_a_person(seller: Seller) -> None:
    found = labelled(seller)
    found.order(found.offers()[0])
    seller.fake.faults = Faults(planned={1: Fault.NO_ANSWER})
    with pytest.raises(OutcomeUnknown):
        found.buy()
    seller.fake.labels.clear()

    assert found.buy().unknown == 1
    assert found.buy().unknown == 0

    assert [each.state for each in found.labels()] == ["unknown"]
    assert found.costs() == {}
    with pytest.raises(Conflict, match="has its label"):
        found.offers()
    with seller.kernel.db.write() as session:
        not_bought(session, found.company_id, found.labels()[0].id, BEA)
    found.order(found.offers()[0])
    assert found.buy().bought == 1


def test_what_is_missing_is_said_before_money_is_spent(seller: Seller) -> None:
    found = labelled(seller, sender=False)
    with pytest.raises(NotFound, match="from which address the parcels of MAIN leave"):
        found.offers()
    found = labelled(seller)
    with pytest.raises(InputError, match="grams, length_mm, width_mm, height_mm"):
        found.offers(size={})
    with pytest.raises(InputError, match="cannot be 0"):
        found.offers(size={**SIZE, "grams": 0})
    with pytest.raises(NotFound, match="sells labels"):
        found.offers(seller="Nobody")
    with pytest.raises(RequestRefused, match="weighs too much"):
        found.offers(size={**SIZE, "grams": 31_000})
    offers = found.offers()
    with pytest.raises(InputError, match="No service"):
        found.order(replace(offers[0], service=""))
    found.order(offers[2])
    assert found.buy().refused == 1
    assert "EORI number of the sender" in found.labels()[0].reason
    assert (seller.fake.labels, found.costs()) == ({}, {})
    seller.fake.label_inputs = "GB123"
    found.order(found.offers()[2])
    assert found.buy().bought == 1


def test_a_label_that_was_not_asked_for_yet_is_let_go_and_a_file_is_forgotten(
    seller: Seller,
) -> None:
    found = labelled(seller)
    found.order(found.offers()[0])
    assert void(seller.kernel, found.company_id, found.labels()[0].id, BEA).taken
    assert (found.buy().bought, seller.fake.labels) == (0, {})
    found.order(found.offers()[0])
    found.buy()
    with seller.kernel.db.write() as session:
        forget(session, found.company_id, [found.order_id], "requested", actor="bea")
    assert [each.has_file for each in found.labels()] == [False, False]
    with seller.kernel.db.read() as session, pytest.raises(NotFound, match="No file"):
        file_of(session, found.company_id, found.labels()[0].id)
