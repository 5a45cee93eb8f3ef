"""Messages of buyers at the simulated eBay, over real HTTP: read once, answered once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from addons.ebay.buyers import pseudonym
from addons.ebay.connector import Ebay
from core import clock
from core.channels.calling import calling
from core.channels.external import MessageDraft
from core.errors import RequestRefused
from core.messages import reading
from core.messages.pulling import pull_messages
from core.messages.replying import reply
from core.outbox.sending import send_waiting
from core.privacy.buyers import forget_buyers
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.ebay.documents import username
from core.testkit.fakes.mail import SELLER
from tests.ebay.conftest import Connected
from tests.ebay.conftest import judged_by_ebay


def test_what_buyers_write_comes_in_once_and_is_answered_once(connected: Connected) -> None:
    seller = connected(EbayFake.lived(seed=7, orders=6, factor=10_000, settle_days=15))
    fake, judged, company = seller.fake, judged_by_ebay(seller), seller.world.company.id
    seller.pull()
    sale = list(fake.trade.sales.values())[-1]
    now = clock.now().replace(microsecond=0)
    for n in range(60):
        talk = fake.mail.write(sale, f"Question {n}", now - timedelta(hours=2, minutes=-n))

    assert pull_messages(seller.kernel, seller.connection).new == 60
    assert pull_messages(seller.kernel, seller.connection).new == 0
    with seller.kernel.db.write() as session:
        (row,) = reading.list_talks(session, company, reading.WAITING).rows
        # eBay names no order: it is the buyer's newest.
        theirs = [s for s in fake.trade.sales.values() if s.buyer.ref == sale.buyer.ref]
        assert row.order == max(theirs, key=lambda each: each.ordered_at).ref
        assert (row.unread, row.listing) == (60, sale.items[0].product.platform_id)
        reply(session, company, row.id, "It left today.", by="ann")
    assert send_waiting(seller.kernel, seller.connection).sent == 1
    assert list(fake.mail.texts(SELLER)) == ["It left today."]
    assert pull_messages(seller.kernel, seller.connection).new == 0
    with seller.kernel.db.read() as session:
        assert reading.list_talks(session, company, reading.WAITING).rows == []

    # He closes his account at eBay: what he wrote goes, the conversation stays.
    forget_buyers(seller.kernel, seller.connection, "ebay", [pseudonym(username(sale.buyer))])
    with seller.kernel.db.read() as session:
        said = reading.messages_of(session, company, row.id, texts=True)
    assert {each.text for each in said} == {None}

    connector = Ebay()
    begun = clock.now() - timedelta(minutes=1)
    with calling(seller.kernel, seller.connection, connector) as call:
        known = MessageDraft("1", "text", "It left today.", talk.ref, begun_at=begun)
        never = MessageDraft("2", "text", "Never said.", talk.ref)
        found = connector.find_message(call, known)
        assert found is not None
        assert found.external_id == talk.said[-1].ref
        assert connector.find_message(call, never) is None
        assert connector.message_kinds(call, "", sale.ref) == ()
        talk.closed = True
        with pytest.raises(RequestRefused, match="cannot be sent"):
            connector.send_message(call, never)
    assert judged.objections == []
    assert judged.seen >= {"getConversations", "getConversation", "sendMessage"}
