"""Pages of messages: who sees that somebody wrote, who reads it, and answering."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.channels.external import ExternalMessage
from core.channels.external import MessageKind
from core.identity.permissions import matrix
from core.messages import reading
from core.messages.models import Conversation
from core.messages.pulling import MessageAccount
from core.messages.storing import keep_messages
from core.orders.models import Order
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user

WORDS = "Does it hold soup?"


@pytest.fixture
def talk(site: Site) -> tuple[int, str]:
    """Return a conversation about an order of the demo company, and the order's number."""
    company_id = site.company.id
    with site.kernel.db.write() as session:
        order = session.scalars(
            sa.select(Order).where(Order.company_id == company_id).order_by(Order.id).limit(1)
        ).one()
        account = MessageAccount(company_id, order.platform, order.account)
        told = ExternalMessage(
            "M1", "T1", clock.now(), WORDS, order_id=order.external_ref,
            answer_by=clock.now() + timedelta(hours=1), allows=(MessageKind(),),
        )  # fmt: skip
        keep_messages(session, account, [told])
        found = sa.select(Conversation.id).where(Conversation.external_ref == "T1")
        return session.scalars(found).one(), order.external_ref


def test_each_role_sees_what_it_may(site: Site, talk: tuple[int, str]) -> None:
    number, order = talk
    shown = {}
    for role in matrix().roles:
        make_user(site, f"mail.{role}", role, site.company.id)
        browser = browser_of(site, f"mail.{role}")
        listed, page = browser.get("/messages"), browser.get(f"/messages/{number}")
        assert WORDS not in listed.text
        api = browser.get(f"/api/v1/messages/{number}")
        assert (api.status_code == 200, WORDS in api.text) == (
            page.status_code == 200,
            WORDS in page.text,
        )
        shown[role] = (listed.status_code, order in listed.text, WORDS in page.text)
    reads, looks, nothing = (200, True, True), (200, True, False), (403, False, False)
    assert shown == {
        "owner": reads, "operations": reads, "support": reads, "auditor": looks,
        "warehouse": nothing, "finance": nothing, "integrator": nothing,
    }  # fmt: skip


def test_a_text_is_chosen_filled_and_refused_without_a_connection(
    site: Site, talk: tuple[int, str]
) -> None:
    number, order = talk
    make_user(site, "mail.owner", "owner", site.company.id)
    browser = browser_of(site, "mail.owner")
    token = form_token(browser, "/messages/templates")
    kept = {"name": "Sent", "language": "en", "text": "Order {order} left: {tracking}."}
    browser.post("/messages/templates", data={"csrf_token": token, **kept})
    with site.kernel.db.read() as session:
        (template,) = session.execute(sa.text("SELECT id FROM messages_template")).one()
        near = session.execute(reading.due_query(site.company.id)).scalars().all()
    assert number in near
    assert f"Order {order} left: " in browser.get(f"/messages/{number}?template={template}").text

    token = form_token(browser, f"/messages/{number}")
    answer = browser.post(
        f"/messages/{number}/answer",
        data={"csrf_token": token, "text": "It does."},
        follow_redirects=True,
    )
    assert "sends messages" in answer.text
    assert "It does." not in answer.text
    token = form_token(browser, f"/messages/{number}")
    data = {"csrf_token": token, "waiting": "0"}
    browser.post(f"/messages/{number}/mark", data=data)
    listed = browser.get("/messages?tab=answered").text
    assert f"/messages/{number}" in listed
    assert "messages" in browser.get(f"/orders/{_order(site, number)}").text


def _order(site: Site, number: int) -> int:
    with site.kernel.db.read() as session:
        talk = session.get_one(Conversation, (site.company.id, number))
        assert talk.order_id is not None
        return talk.order_id
