"""Messages of buyers at the simulated TikTok Shop, over real HTTP: read once, answered once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from addons.tiktok_shop.connector import TiktokShop
from core import clock
from core.channels.calling import calling
from core.channels.cursors import rewind
from core.channels.external import MessageDraft
from core.db import Base
from core.errors import InputError
from core.http import client
from core.kernel.secret_commands import rotate_keys
from core.messages import reading
from core.messages.asking import ask_kinds
from core.messages.forgetting import forget_due_messages
from core.messages.pulling import CAPABILITY
from core.messages.pulling import PulledMessages
from core.messages.pulling import pull_messages
from core.messages.reading import ShownMessage
from core.messages.replying import mark
from core.messages.replying import repeat
from core.messages.replying import reply
from core.outbox.sending import send_waiting
from core.privacy.forgetting import REQUESTED
from core.privacy.forgetting import forget
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.mail import PLATFORM
from core.testkit.fakes.mail import SELLER
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.tiktok.notifications import NEW_MESSAGE
from core.testkit.fakes.tiktok.notifications import push
from core.webhooks.inbox import Outcome
from tests.tiktok.conftest import Connected
from tests.tiktok.conftest import Seller
from tests.tiktok.conftest import judged_by_tiktok
from tests.tiktok.test_webhooks import came

BESIDE = ("refreshToken", "getAuthorizedShops")
CANARY = "Is the canary-yellow mug for Ann Archer lead-free?"


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(TiktokFake.lived(seed=7, orders=6, factor=10_000, settle_days=15))


def pulled(seller: Seller) -> PulledMessages:
    return pull_messages(seller.kernel, seller.connection)


def talks(seller: Seller, tab: str = reading.ALL) -> list[sa.Row[*tuple[object, ...]]]:
    with seller.kernel.db.read() as session:
        return list(reading.list_talks(session, seller.world.company.id, tab).rows)


def said(seller: Seller, talk: int) -> list[ShownMessage]:
    with seller.kernel.db.read() as session:
        return reading.messages_of(session, seller.world.company.id, talk, texts=True)


def answered(seller: Seller, talk: int, text: str) -> int:
    with seller.kernel.db.write() as session:
        return reply(session, seller.world.company.id, talk, text, by="ann")


def everything(seller: Seller) -> str:
    """Return all that stands in any table."""
    with seller.kernel.db.read() as session:
        return "\n".join(
            str(tuple(row))
            for table in Base.metadata.sorted_tables
            for row in session.execute(sa.select(sa.text("*")).select_from(table))
        )


def test_what_buyers_write_comes_in_once_and_is_answered_once(seller: Seller) -> None:
    fake, judged = seller.fake, judged_by_tiktok(seller)
    first, second = list(fake.trade.sales.values())[:2]
    now = clock.now().replace(microsecond=0)
    for n in range(25):
        fake.mail.write(first, f"Question {n}", now - timedelta(hours=3, minutes=-n))
    other = fake.mail.write(second, CANARY, now - timedelta(hours=1))
    fake.mail.say(other, f'{{"order_id": "{second.ref}"}}', now, PLATFORM, "BUYER_ENTER_FROM_ORDER")

    told = pulled(seller)
    assert (told.told, told.new, told.unreadable) == (27, 27, 0)
    assert pulled(seller).new == 0
    with seller.kernel.db.write() as session:
        rewind(session, seller.connection, CAPABILITY, None)
    assert pulled(seller).new == 0
    assert [(row.waiting, row.unread, row.order) for row in talks(seller)] == [
        (1, 1, None), (1, 25, None),
    ]  # fmt: skip
    # Orders come later than what was written about them: by its number, or by the buyer's.
    seller.pull()
    pulled(seller)
    latest, earlier = talks(seller)
    assert latest.order == second.ref
    assert fake.trade.sales[earlier.order].buyer.ref == first.buyer.ref
    assert CANARY not in everything(seller)
    newest = rotate_keys(seller.kernel, forget=True).key
    keyed = seller.world.rows("SELECT DISTINCT key_id FROM messages_message")
    assert [row[0] for row in keyed] == [newest]
    assert [each.text for each in said(seller, earlier.id)] == [f"Question {n}" for n in range(25)]

    message = answered(seller, latest.id, "It is lead-free.")
    assert talks(seller, reading.WAITING)[0].id == latest.id
    assert send_waiting(seller.kernel, seller.connection).sent == 1
    assert list(fake.mail.texts(SELLER)) == ["It is lead-free."]
    assert [row.id for row in talks(seller, reading.WAITING)] == [earlier.id]
    assert pulled(seller).new == 0
    shown = said(seller, latest.id)[-1]
    assert (shown.id, shown.text, shown.state) == (message, "It is lead-free.", "confirmed")
    assert "lead-free" not in everything(seller)
    assert judged.objections == []
    assert judged.seen >= {"getConversations", "getConversationMessages", "sendMessage"}


def test_an_answer_without_a_reply_is_looked_up_and_a_refused_one_says_why(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    fake = seller.fake
    talk = fake.mail.write(next(iter(fake.trade.sales.values())), "Hello?", clock.now())
    pulled(seller)
    ours = talks(seller)[0].id
    # The answer to the message itself is lost: the platform has it, and nobody told us so.
    fake.faults = Faults(planned={1: Fault.LOST}, spared=BESIDE)
    message = answered(seller, ours, "Good day.")
    assert send_waiting(seller.kernel, seller.connection).failed == 1
    assert said(seller, ours)[-1].state == "unknown"
    # Fetched before it was looked up, it stands there once all the same.
    assert pulled(seller).new == 1
    with seller.kernel.db.write() as session:
        repeat(session, seller.world.company.id, message)
    seller.world.change("UPDATE outbox_effect SET state = 'unknown'")
    assert send_waiting(seller.kernel, seller.connection).sent == 1
    assert [each.text for each in said(seller, ours)] == ["Hello?", "Good day."]
    assert list(fake.mail.texts(SELLER)) == ["Good day."]

    talk.closed = True
    refused = answered(seller, ours, "One more thing.")
    assert send_waiting(seller.kernel, seller.connection).failed == 1
    shown = said(seller, ours)[-1]
    assert (shown.state, shown.may_be_repeated) == ("failed", True)
    assert "can't send" in shown.error
    talk.closed = False
    with seller.kernel.db.write() as session:
        repeat(session, seller.world.company.id, refused)
    assert send_waiting(seller.kernel, seller.connection).sent == 1
    assert list(fake.mail.texts(SELLER)) == ["Good day.", "One more thing."]

    talk.closed = True
    assert ask_kinds(seller.kernel, seller.world.company.id, ours) == 0
    with pytest.raises(InputError, match="allows no such message"):
        answered(seller, ours, "And another.")
    with calling(seller.kernel, seller.connection, TiktokShop()) as call:
        draft = MessageDraft("1", "text", "Never said.", talk.ref)
        assert TiktokShop().find_message(call, draft) is None


def test_what_was_written_is_forgotten_for_good(seller: Seller) -> None:
    fake, company = seller.fake, seller.world.company.id
    first, second = list(fake.trade.sales.values())[:2]
    seller.pull()
    now = clock.now()
    fake.mail.write(first, CANARY, now - timedelta(days=40))
    fake.mail.write(second, "Thank you", now - timedelta(days=2))
    pulled(seller)
    sealed = _sealed(seller)
    assert len(sealed) == 2
    with seller.kernel.db.read() as session:
        told = reading.written_about(session, company, [row.order_id for row in talks(seller)])
    assert sorted(told.values()) == [[CANARY], ["Thank you"]]
    with seller.kernel.db.write() as session:
        # The buyer's data is kept with his order: what he wrote goes with it, not before.
        assert forget_due_messages(session, company, now) == 0
        orders = {row.order: row.order_id for row in talks(seller)}
        forget(session, company, [orders[first.ref]], REQUESTED, actor="ann")
    with seller.kernel.db.write() as session:
        rewind(session, seller.connection, CAPABILITY, None)
    assert pulled(seller).new == 0
    texts = {row.order: [each.text for each in said(seller, row.id)] for row in talks(seller)}
    assert texts == {first.ref: [None], second.ref: ["Thank you"]}
    (kept,) = _sealed(seller)
    assert [each for each in sealed if each in everything(seller)] == [kept]
    with seller.kernel.db.write() as session:
        mark(session, company, talks(seller)[0].id, waiting=False)
        session.execute(sa.text("UPDATE privacy_record SET forgotten_at = received_at"))
        assert forget_due_messages(session, company, now + timedelta(days=60)) == 1


def _sealed(seller: Seller) -> list[str]:
    rows = seller.world.rows("SELECT sealed FROM messages_message WHERE sealed IS NOT NULL")
    return [row[0] for row in rows]


def test_a_webhook_wakes_the_fetching_of_messages(seller: Seller) -> None:
    data = {"conversation_id": "7301", "message_id": "7401"}
    assert came(seller, push(seller.fake, NEW_MESSAGE, "9", data)) is Outcome.STORED
    jobs = seller.world.rows("SELECT COUNT(*) FROM kernel_job WHERE task = 'messages.pull'")
    assert jobs[0][0] == 1
