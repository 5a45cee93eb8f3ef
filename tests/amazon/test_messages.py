"""Writing to buyers at the simulated Amazon, over real HTTP: what is allowed, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import InputError
from core.messages import reading
from core.messages.asking import ask_kinds
from core.messages.asking import talk_about
from core.messages.replying import conversation
from core.messages.replying import kinds_of
from core.messages.replying import reply
from core.orders.queries import OrderFilter
from core.orders.queries import list_orders
from core.outbox.sending import send_waiting
from core.testkit.fakes.amazon import AmazonFake
from core.testkit.fakes.amazon.messaging import REVIEW
from core.testkit.specs import judge
from tests.amazon.conftest import Connected
from tests.amazon.sandbox import MODELS

OAS3 = MODELS.parent / "models-oas3"
PROBLEM = "unexpectedProblem"


@pytest.mark.skipif(not OAS3.is_dir(), reason=f"there are no models at {OAS3}")
def test_what_amazon_allows_is_sent_and_a_review_asked_for_once(connected: Connected) -> None:
    seller = connected(AmazonFake.lived(seed=7, orders=12, factor=10_000, settle_days=15))
    kernel, fake, company = seller.kernel, seller.fake, seller.world.company.id
    assert fake.served is not None
    judged = judge(OAS3, ["messaging.json", "solicitations.json"], fake.served.url)
    fake.witnesses.append(judged)
    seller.pull()
    now = fake.clock.now()
    sale = next(
        each
        for each in fake.trade.sales.values()
        if each.parcels and timedelta(5) < now - each.parcels[-1].sent_at < timedelta(29)
    )
    with kernel.db.read() as session:
        orders = list_orders(session, company, OrderFilter(), None, 100).rows
    order = next(each for each in orders if each.external_ref == sale.ref)

    talk = talk_about(kernel, company, order.id)
    assert talk_about(kernel, company, order.id) == talk
    with kernel.db.write() as session, pytest.raises(InputError, match="allows no such"):
        reply(session, company, talk, "Too early.", kind=PROBLEM, by="ann")
    assert ask_kinds(kernel, company, talk) == 4
    with kernel.db.write() as session:
        found = {kind.code: kind.most for kind in kinds_of(conversation(session, company, talk))}
        assert found[PROBLEM] == 2000
        assert (found[REVIEW], "legalDisclosure" in found) == (0, False)
        reply(session, company, talk, "The lid broke.", kind=PROBLEM, by="ann")
        reply(session, company, talk, "", kind=REVIEW, by="ann")
        with pytest.raises(InputError, match="allows no such"):
            reply(session, company, talk, "", kind=REVIEW, by="ann")
    assert send_waiting(kernel, seller.connection).sent == 2
    (mail,) = fake.mail.talks.values()
    assert (mail.sale.ref, [(each.kind, each.text) for each in mail.said]) == (
        sale.ref,
        [(PROBLEM, "The lid broke."), (REVIEW, "")],
    )
    assert ask_kinds(kernel, company, talk) == 3
    with kernel.db.read() as session:
        said = reading.messages_of(session, company, talk, texts=True)
    assert [(each.text, each.state) for each in said] == [("The lid broke.", "sent"), ("", "sent")]
    assert judged.objections == []
