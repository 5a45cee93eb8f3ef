"""Labels of TikTok Shipping, over real HTTP, and what they cost in the books."""

from __future__ import annotations

from dataclasses import replace

import pytest

from addons.tiktok_shop import labels
from addons.tiktok_shop.connector import TiktokShop
from core.channels.calling import calling
from core.channels.labels import LabelLine
from core.channels.labels import LabelRequest
from core.channels.labels import ParcelSize
from core.errors import OutcomeUnknown
from core.errors import RequestRefused
from core.fulfilling.telling import tell_parcels
from core.http import client
from core.labelling.files import file_of
from core.labelling.voiding import void
from core.orders.shipping import ship
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.tiktok.documents import BY_SELLER
from core.testkit.fakes.tiktok.documents import BY_TIKTOK
from core.testkit.fakes.tiktok.documents import ships_by
from core.testkit.fakes.tiktok.documents import sku_id
from tests.labelling.selling import BEA
from tests.labelling.selling import HOME
from tests.labelling.selling import Labelled
from tests.labelling.selling import labelled
from tests.orders.life import Life
from tests.tiktok.conftest import Connected
from tests.tiktok.conftest import Seller
from tests.tiktok.conftest import judged_by_tiktok


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(TiktokFake.lived(seed=11, orders=3, factor=10_000))


def waiting(seller: Seller, by: str = BY_TIKTOK) -> Labelled:
    """Return an order that waits to be sent by one of the two."""
    while True:
        found = labelled(seller)
        if ships_by(found.sale) == by:
            return found


def test_a_package_is_handed_over_against_its_label_and_told_once(seller: Seller) -> None:
    judged = judged_by_tiktok(seller)
    found = waiting(seller)

    (offer,) = found.offers()
    assert (offer.service, offer.carrier, offer.price) == ("DROP_OFF", "TikTok Shipping", None)
    assert found.sale.parcels == []
    found.order(offer)
    assert (found.buy().bought, found.buy().bought) == (1, 0)

    (parcel,) = found.sale.parcels
    (label,) = found.labels()
    assert (label.state, label.tracking, label.ref) == ("bought", parcel.tracking, parcel.ref)
    with seller.kernel.db.read() as session:
        assert file_of(session, found.company_id, label.id).content.startswith(b"%PDF")
    # What it costs comes with the settlement.
    assert (label.price, found.costs()) == (None, {})
    answer = void(seller.kernel, found.company_id, label.id, BEA)
    assert (answer.taken, "Seller Center" in answer.reason) == (False, True)
    Life(seller.world).do(ship, found.sale.ref)
    tell_parcels(seller.kernel, seller.connection)
    assert seller.fake.calls.made["shipPackage"] == 1
    assert judged.objections == []
    assert judged.seen >= {"shipPackage", "getPackageShippingDocument", "getPackageDetail"}


def test_a_purchase_without_an_answer_is_looked_up(seller: Seller) -> None:
    found = waiting(seller)
    found.order(found.offers()[0])
    # The order, and the package itself.
    seller.fake.faults = Faults(planned={2: Fault.LOST})
    with pytest.raises(OutcomeUnknown):
        found.buy()

    assert found.buy().bought == 1

    (parcel,) = found.sale.parcels
    assert [each.tracking for each in found.labels()] == [parcel.tracking]


def test_where_services_have_prices_a_package_is_made_of_what_was_chosen(seller: Seller) -> None:
    judged, found, connector = judged_by_tiktok(seller), waiting(seller), TiktokShop()
    towel, other = found.sale.items

    def asked_for(quantities: dict[str, int]) -> LabelRequest:
        lines = [LabelLine(ref, ref, "", units) for ref, units in quantities.items()]
        parcel = ParcelSize(800, 300, 200, 100)
        at = seller.fake.clock.now()
        return LabelRequest("L1", found.sale.ref, lines, parcel, HOME, None, at)

    first = asked_for({sku_id(towel.product): 1})
    rest = asked_for({sku_id(towel.product): 1, sku_id(other.product): 1})
    own = replace(rest, order_ref=waiting(seller, BY_SELLER).sale.ref)
    with calling(seller.kernel, seller.connection, connector) as called:
        given = {**called.settings, "region": "US", "label_format": "ZPL"}
        call = replace(called, settings=given)
        with pytest.raises(RequestRefused, match="carrier of your own"):
            connector.offer_labels(call, own)
        offers = connector.offer_labels(call, rest)
        assert [(each.carrier, each.price) for each in offers] == [("USPS", 310), ("UPS", 520)]
        # Nobody knows whether it was bought: no such package was made since, so it is.
        made = connector.buy_label(call, first, offers[1], again=True)
        assert made is not None
        again = connector.buy_label(call, first, offers[1], again=True)
        late = connector.buy_label(call, rest, offers[0], again=False)

    assert (made.price, made.currency, made.kind) == (520, "GBP", "application/zpl")
    assert made.content.startswith(b"^XA")
    assert again is not None
    assert (again.ref, again.tracking, again.price) == (made.ref, made.tracking, None)
    assert late is not None
    assert [each.ref for each in found.sale.parcels] == [made.ref, late.ref]
    assert seller.fake.calls.made["createPackages"] == 2
    assert judged.objections == []
    assert judged.seen >= {"getEligibleShippingServices", "createPackages"}


def test_a_parcel_is_told_in_the_units_of_its_country() -> None:
    parcel = ParcelSize(907, 254, 127, 51)
    assert labels.sizes(parcel, "US") == {
        "dimension": {"length": "10.00", "width": "5.00", "height": "2.01", "unit": "INCH"},
        "weight": {"value": "2.00", "unit": "POUND"},
    }
    assert labels.sizes(parcel, "JP")["weight"] == {"value": "907", "unit": "GRAM"}
