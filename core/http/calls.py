"""What a connector asks and what it gets: operations, limits and answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from decimal import Decimal
from typing import Any
from typing import Protocol

from core.errors import ConnectorError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """How often an operation may be asked: `per_second` in the long run, `burst` at once."""

    per_second: float
    burst: int = 1

    def __post_init__(self) -> None:
        if not (0 < self.per_second <= MICROSECONDS) or self.burst < 1:
            raise ValueError("a rate is more than 0 a second, and its burst at least 1")

    @property
    def interval_us(self) -> int:
        """Return the microseconds between two requests, rounded up: never above the rate."""
        return -int(-MICROSECONDS // self.per_second)


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of request, named in the log and with a rate of its own.

    `path` may hold places such as `/orders/{order_id}`: only this template is logged. `repeatable`
    says that asking twice does no more than asking once; by default that holds for GET and HEAD.
    With `signed` False the request goes without the account's credentials, as to an address that is
    its own permission. Operations that name the same `bucket` have one rate together.
    """

    name: str
    method: str
    path: str
    rate: Rate | None = None
    repeatable: bool | None = None
    signed: bool = True
    bucket: str = ""

    @property
    def turns(self) -> str:
        """Return whose turns it takes: those of its bucket, or its own."""
        return self.bucket or self.name

    @property
    def may_repeat(self) -> bool:
        """Say whether a request that got no answer may be sent again."""
        return self.method in SAFE_METHODS if self.repeatable is None else self.repeatable


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take; a call that needs more is split, or says so."""

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 60.0
    wait_seconds: float = 10.0
    """How long a call waits for its turn; a longer wait is told by RateLimited."""
    max_bytes: int = 20_000_000
    """Of the answer, after it was unpacked."""
    attempts: int = 3
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request just before it is sent, for what signs it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class Signer(Protocol):
    """What gives requests the account's credentials.

    One with a mapping `given` tells what the platform gave along with them, such as a key.
    """

    def sign(self, request: Outgoing) -> Outgoing:
        """Return the request with its credentials; asked anew for each attempt."""

    def renew(self) -> bool:
        """Get new credentials after the platform refused them; False when there is no way."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer, read completely."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    content: bytes = field(repr=False)
    request_ref: str
    """The number of the request in the log."""

    @property
    def text(self) -> str:
        """Return the content as text in UTF-8; what is no UTF-8 becomes a mark."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the content as JSON; numbers with a point are Decimal, for they may be money.

        Raises: ConnectorError when it is none.
        """
        try:
            return json.loads(self.content, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise ConnectorError(
                f"The platform answered {self.status} with something that is no JSON.",
                hint=f"The request log knows it as {self.request_ref}.",
            ) from error
