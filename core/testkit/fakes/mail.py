"""What buyers write at a simulated marketplace, and what they are answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime

from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Trade

QUESTIONS = (
    "When will it be here?",
    "Can I still change the address?",
    "Is it dishwasher-safe?",
)
BUYER, SELLER, PLATFORM = "buyer", "seller", "platform"


@dataclass(frozen=True)
class Said:
    """A message: who wrote it, and when; `kind` is the platform's, where it has several."""

    ref: str
    by: str
    at: datetime
    text: str
    kind: str = ""


@dataclass
class Talk:
    """A conversation with the buyer of an order; a `closed` one takes no answer."""

    ref: str
    sale: Sale
    begun_at: datetime
    said: list[Said] = field(default_factory=list)
    closed: bool = False

    @property
    def last_at(self) -> datetime:
        """Return when the last word was said."""
        return self.said[-1].at if self.said else self.begun_at


@dataclass
class Mail:
    """All conversations of an account."""

    talks: dict[str, Talk] = field(default_factory=dict)
    count: int = 0

    def write(self, sale: Sale, text: str, at: datetime, by: str = BUYER, kind: str = "") -> Talk:
        """Let somebody write about an order, in its conversation."""
        ref = f"73{sale.ref[-12:].replace('-', '')}"
        talk = self.talks.setdefault(ref, Talk(ref, sale, at))
        self.say(talk, text, at, by, kind)
        return talk

    def say(self, talk: Talk, text: str, at: datetime, by: str, kind: str = "") -> Said:
        """Add a message to a conversation."""
        self.count += 1
        said = Said(f"74{self.count:08d}", by, at, text, kind)
        talk.said.append(said)
        return said

    def begin(self, trade: Trade) -> None:
        """Let the buyers of the latest orders write, and one of them be answered."""
        latest = sorted(trade.sales.values(), key=lambda sale: sale.ordered_at)[-len(QUESTIONS) :]
        for sale, text in zip(latest, QUESTIONS, strict=False):
            talk = self.write(sale, text, sale.updated_at)
        if latest:
            self.say(talk, "It is. Thank you for asking.", talk.last_at, SELLER)

    def texts(self, by: str) -> Iterator[str]:
        """Yield what somebody wrote, conversation by conversation."""
        for talk in self.talks.values():
            yield from (said.text for said in talk.said if said.by == by)
