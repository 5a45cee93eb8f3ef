"""The Message API: conversations with buyers, and answers to them."""

from __future__ import annotations

from datetime import datetime

from werkzeug.wrappers import Response

from core.testkit.fakes.ebay.documents import username
from core.testkit.fakes.ebay.writing import Document
from core.testkit.fakes.ebay.writing import moment_text
from core.testkit.fakes.ebay.writing import page_of
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.mail import SELLER
from core.testkit.fakes.mail import Said
from core.testkit.fakes.mail import Talk
from core.testkit.fakes.rates import Published

RATE = Published(10_000 / 86_400, 500)
MOST, USUAL, LONGEST = 50, 25, 2000
PATH = "/commerce/message/v1"
MEMBERS = "FROM_MEMBERS"


class Messages(Part):
    """Messages."""

    @operation(
        "getConversations", "GET", f"{PATH}/conversation", RATE,
        query=("conversation_type", "start_time", "end_time", "limit", "offset"),
    )  # fmt: skip
    def talks(self, asked: Asked) -> Response:
        """List the conversations in which something was said in a time."""
        since = self._moment(asked, "start_time") or self.fake.trade.started_at
        until = self._moment(asked, "end_time") or self.fake.clock.now()
        found = [
            talk
            for talk in self.fake.mail.talks.values()
            if any(since <= said.at <= until for said in talk.said)
        ]
        page = page_of(asked, "conversations", found, MOST, USUAL)
        page["conversations"] = [self._talk(talk) for talk in page["conversations"]]
        return as_json(page)

    @operation(
        "getConversation", "GET", f"{PATH}/conversation/<talk>", RATE,
        query=("conversation_type", "limit", "offset"),
    )  # fmt: skip
    def talk(self, asked: Asked) -> Response:
        """Show a conversation."""
        found = self._one(asked.path["talk"])
        page = page_of(asked, "messages", found.said, MOST, USUAL)
        page["messages"] = [self._said(found, each) for each in page["messages"]]
        return as_json({**page, "conversationType": MEMBERS, "conversationStatus": "ACTIVE"})

    @operation("sendMessage", "POST", f"{PATH}/send_message", RATE)
    def send(self, asked: Asked) -> Response:
        """Send a text to the buyer."""
        told = asked.document()
        talk, text = self._one(str(told.get("conversationId"))), told.get("messageText") or ""
        if not 0 < len(text) <= LONGEST or talk.closed:
            raise Refusal(400, "355001", "The message cannot be sent to this member.")
        made = self.fake.mail.say(talk, text, self.fake.clock.now(), SELLER)
        shown = self._said(talk, made)
        shown["recipientUserName"] = shown.pop("recipientUsername")
        shown["senderUserName"] = shown.pop("senderUsername")
        return as_json(shown, 201)

    def _one(self, ref: str) -> Talk:
        found: Talk | None = self.fake.mail.talks.get(ref)
        if found is None:
            raise Refusal(404, "355002", "There is no such conversation.")
        return found

    def _moment(self, asked: Asked, name: str) -> datetime | None:
        text = asked.query(name)
        try:
            return datetime.fromisoformat(text) if text is not None else None
        except ValueError:
            raise Refusal(400, "355003", f"Invalid {name}.") from None

    def _talk(self, talk: Talk) -> Document:
        return {
            "conversationId": talk.ref,
            "conversationStatus": "ACTIVE",
            "conversationTitle": "About an item",
            "conversationType": MEMBERS,
            "createdDate": moment_text(talk.begun_at),
            "latestMessage": self._said(talk, talk.said[-1]),
            "referenceId": talk.sale.items[0].product.platform_id,
            "referenceType": "LISTING",
            "unreadCount": 0,
        }

    def _said(self, talk: Talk, said: Said) -> Document:
        names = [username(talk.sale.buyer), self.fake.credentials()["seller"]]
        writer, reader = names[::-1] if said.by == SELLER else names
        return {
            "messageId": said.ref,
            "messageBody": said.text,
            "createdDate": moment_text(said.at),
            "readStatus": False,
            "senderUsername": writer,
            "recipientUsername": reader,
            "subject": "About an item",
        }
