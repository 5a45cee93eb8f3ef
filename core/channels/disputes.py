"""What a connector tells of disputes about an order's money, and how they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from enum import StrEnum


class DisputeKind(StrEnum):
    """Whom a buyer turned to.

    A payment: his bank or card. A claim: the platform, with the seller answering first. A case: the
    platform, which decides.
    """

    PAYMENT = "payment"
    CLAIM = "claim"
    CASE = "case"


class DisputeState(StrEnum):
    """How a dispute stands: an open one waits for the seller, a pending one for somebody else."""

    OPEN = "open"
    PENDING = "pending"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


class DisputeStep(StrEnum):
    """What a seller may do about an open dispute."""

    ACCEPT = "accept"
    CONTEST = "contest"


@dataclass(frozen=True, slots=True)
class ExternalDispute:
    """A dispute about an order's money, as it stands now.

    `external_id` is unique among the account's disputes of all kinds. `amount` is what the buyer
    wants back, in minor units, None where it is not told; `reason` and `status` are the platform's
    words and tell of no person. `answer_by` is until when the seller may answer. `steps` are those
    that `answer_dispute` can take now, none where it must be answered on the platform; `evidence`
    names the kinds of evidence that the platform takes.
    """

    external_id: str
    kind: DisputeKind
    order_id: str
    state: DisputeState
    reason: str
    status: str
    opened_at: datetime
    amount: int | None = None
    currency: str = ""
    answer_by: datetime | None = None
    steps: tuple[DisputeStep, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that proves something; `kind` is one of those that the dispute names."""

    kind: str
    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DisputeAnswer:
    """What the seller says to a dispute: that he gives in, or why not, with what proves it.

    `carrier` and `tracking` are of the parcel, where one left.
    """

    external_id: str
    kind: DisputeKind
    order_id: str
    step: DisputeStep
    note: str = field(default="", repr=False)
    evidence: tuple[Evidence, ...] = ()
    carrier: str = ""
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class DisputeVerdict:
    """What a platform says of an answer: `issues` why not, `sends` what it is told, in short."""

    taken: bool
    issues: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
