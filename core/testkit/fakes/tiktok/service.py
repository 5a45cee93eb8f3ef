"""The Customer Service API: conversations with buyers, and answers to them."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import operation
from core.testkit.fakes.mail import BUYER
from core.testkit.fakes.mail import PLATFORM
from core.testkit.fakes.mail import SELLER
from core.testkit.fakes.mail import Said
from core.testkit.fakes.mail import Talk
from core.testkit.fakes.rates import Published
from core.testkit.fakes.tiktok.documents import user_id
from core.testkit.fakes.tiktok.writing import INVALID
from core.testkit.fakes.tiktok.writing import PAGED
from core.testkit.fakes.tiktok.writing import SIGNED
from core.testkit.fakes.tiktok.writing import Document
from core.testkit.fakes.tiktok.writing import answer
from core.testkit.fakes.tiktok.writing import page_of
from core.testkit.fakes.tiktok.writing import seconds

RATE = Published(10, 20)
MOST, LONGEST = 20, 2000
ROLES = {BUYER: "BUYER", SELLER: "CUSTOMER_SERVICE", PLATFORM: "SYSTEM"}
CLOSED = "45101001"
"""The number by which it refuses to send is a guess."""
TALKS = "/customer_service/202309/conversations"


class Service(Part):
    """Messages."""

    @operation("getConversations", "GET", TALKS, RATE, query=PAGED)
    def talks(self, asked: Asked) -> Response:
        """List conversations, those in which something was said last first."""
        found = sorted(self.fake.mail.talks.values(), key=lambda talk: talk.last_at, reverse=True)
        page = page_of(asked, "conversations", found, MOST)
        page["conversations"] = [self._talk(talk) for talk in page["conversations"]]
        del page["total_count"]
        return answer(page)

    @operation(
        "getConversationMessages", "GET", f"{TALKS}/<talk>/messages", RATE,
        query=(*PAGED, "need_plaintext"),
    )  # fmt: skip
    def messages(self, asked: Asked) -> Response:
        """List the messages of a conversation, the newest first unless asked otherwise."""
        said = self._one(asked).said
        rows = said if asked.query("sort_order") == "ASC" else said[::-1]
        page = page_of(asked, "messages", rows, MOST)
        page["messages"] = [self._said(each) for each in page["messages"]]
        del page["total_count"]
        return answer(page)

    @operation(
        "sendMessage", "POST", "/customer_service/202606/conversations/<talk>/messages", RATE,
        query=SIGNED,
    )  # fmt: skip
    def send(self, asked: Asked) -> Response:
        """Send a text to the buyer."""
        talk, told = self._one(asked), asked.document()
        text = json.loads(told.get("content") or "{}").get("content", "")
        if told.get("type") != "TEXT" or not 0 < len(text) <= LONGEST:
            raise Refusal(200, INVALID, "The content is invalid.")
        if talk.closed:
            raise Refusal(200, CLOSED, "You can't send messages in this conversation.")
        made = self.fake.mail.say(talk, text, self.fake.clock.now(), SELLER)
        return answer({"message_id": made.ref})

    def _one(self, asked: Asked) -> Talk:
        found: Talk | None = self.fake.mail.talks.get(asked.path["talk"])
        if found is None:
            raise Refusal(200, "45101002", "There is no such conversation.")
        return found

    def _talk(self, talk: Talk) -> Document:
        buyer = talk.sale.buyer
        return {
            "id": talk.ref,
            "participant_count": 2,
            "can_send_message": not talk.closed,
            "unread_count": 0,
            "create_time": seconds(talk.begun_at),
            "participants": [
                {
                    "im_user_id": f"im{user_id(buyer)}",
                    "user_id": user_id(buyer),
                    "role": "BUYER",
                    "nickname": buyer.name.split()[0],
                }
            ],
            "latest_message": self._said(talk.said[-1]),
        }

    def _said(self, said: Said) -> Document:
        told: Document = {
            "id": said.ref,
            "type": said.kind or "TEXT",
            "content": said.text if said.kind else json.dumps({"content": said.text}),
            "create_time": seconds(said.at),
            "is_visible": True,
            "index": said.ref,
            "sender": {"im_user_id": "im1", "role": ROLES[said.by], "nickname": "x"},
        }
        return told
