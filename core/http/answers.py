"""What an answer means: who failed, whether asking again may help, and when."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from core import clock
from core.errors import AuthFailed
from core.errors import ConnectorError
from core.errors import OutcomeUnknown
from core.errors import RateLimited
from core.errors import RequestRefused
from core.errors import Unavailable
from core.http.calls import Operation
from core.http.exchange import Answer

DEFAULT_WAIT = 5.0
LONGEST_WAIT = 86_400.0
# A gateway may have passed the request on before it gave up.
MAYBE_DONE = frozenset({500, 502, 504})
VENDOR_REFS = (
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-trace-id",
    "x-tt-logid",
)


def error_of(
    answer: Answer, operation: Operation, label: str, expect: Collection[int]
) -> ConnectorError | None:
    """Return the error that an answer stands for; None for one that the caller wants to see."""
    status = answer.status
    if 200 <= status < 300 or status in expect:
        return None
    said = f"{operation.method} {operation.path} of {label} was answered {status} by {answer.host}."
    if status in {401, 403}:
        return AuthFailed(said, hint="Authorise the connection again, or enter its credentials.")
    if status == 429:
        return RateLimited(said, retry_after=retry_after(answer.headers) or DEFAULT_WAIT)
    if status in MAYBE_DONE and not operation.may_repeat:
        return OutcomeUnknown(said, hint="It may have been done; look before you send it again.")
    if status >= 500 or status == 408:
        return Unavailable(said)
    return RequestRefused(
        said, status=status, detail=answer.content[:2000].decode("utf-8", "replace")
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks to wait; None when it says nothing of use."""
    text = headers.get("retry-after", "").strip()
    try:
        if text.replace(".", "", 1).isdecimal():
            return min(float(text), LONGEST_WAIT)
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - clock.now()).total_seconds()), LONGEST_WAIT)


def rate_in_header(name: str) -> Callable[[Mapping[str, str]], float | None]:
    """Return what reads an operation's rate, in requests a second, from a header of the answer."""

    def read(headers: Mapping[str, str]) -> float | None:
        try:
            rate = float(headers.get(name.lower(), ""))
        except ValueError:
            return None
        return rate if 0 < rate < 10_000 else None

    return read


def vendor_ref(headers: Mapping[str, str]) -> str:
    """Return the platform's own number of the request, for its support."""
    found = next((headers[name] for name in VENDOR_REFS if headers.get(name)), "")
    return "".join(sign for sign in found if sign.isascii() and sign.isprintable())[:64]
