"""One exchange over the wire: a request out, an answer in, within its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from core.errors import ConnectorError
from core.http.calls import SAFE_METHODS
from core.http.calls import Limits
from core.http.calls import Outgoing
from core.http.hosts import HostRules
from core.http.transport import deadline
from core.http.transport import remaining

REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What may follow a redirect to another origin: nothing that could be a credential.
HARMLESS_HEADERS = frozenset({"accept", "accept-encoding", "accept-language", "user-agent"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    host: str
    received: int
    """Bytes on the wire."""


class TooLarge(ConnectorError):
    """An answer that is larger than the call allows."""


def exchange(
    transport: httpx2.BaseTransport, rules: HostRules, outgoing: Outgoing, limits: Limits
) -> Answer:
    """Send a request, follow redirects within the allowed hosts, and read the answer.

    Raises: httpx2.TransportError when there is none, HostRefused, TooLarge, ConnectorError.
    """
    with deadline(limits.total_seconds):
        for _hop in range(limits.redirects + 1):
            url = httpx2.URL(outgoing.url)
            rules.check(url)
            answer = _one(transport, outgoing, url, limits)
            if answer.status not in REDIRECTS or "location" not in answer.headers:
                return answer
            outgoing = _redirected(outgoing, url, answer)
    raise ConnectorError(f"{answer.host} redirects more than {limits.redirects} times.")


def _one(
    transport: httpx2.BaseTransport, outgoing: Outgoing, url: httpx2.URL, limits: Limits
) -> Answer:
    timeout = httpx2.Timeout(limits.read_seconds, connect=limits.connect_seconds)
    request = httpx2.Request(
        outgoing.method,
        url,
        headers=dict(outgoing.headers),
        content=outgoing.content,
        extensions={"timeout": timeout.as_dict()},
    )
    response = transport.handle_request(request)
    try:
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            content=_read(response, url.host, limits),
            host=url.host,
            received=response.num_bytes_downloaded,
        )
    finally:
        response.close()


def _read(response: httpx2.Response, host: str, limits: Limits) -> bytes:
    if "," in response.headers.get("content-encoding", ""):
        raise ConnectorError(f"{host} packs its answer more than once.")
    told = response.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limits.max_bytes:
        raise _too_large(host, limits)
    content = bytearray()
    # It unpacks in pieces of bounded size, so that a bomb is noticed long before it is unpacked.
    for piece in response.iter_bytes():
        content += piece
        if len(content) > limits.max_bytes:
            raise _too_large(host, limits)
        if remaining() <= 0:
            raise httpx2.ReadTimeout("the deadline of the request has passed")
    return bytes(content)


def _too_large(host: str, limits: Limits) -> TooLarge:
    return TooLarge(
        f"The answer of {host} is larger than {limits.max_bytes} bytes.",
        hint="Ask for less at once, or allow more for this call.",
    )


def _redirected(outgoing: Outgoing, url: httpx2.URL, answer: Answer) -> Outgoing:
    if outgoing.method not in SAFE_METHODS:
        raise ConnectorError(
            f"{answer.host} answers {outgoing.method} with a redirect, which is not followed."
        )
    try:
        target = url.join(answer.headers["location"])
    except httpx2.InvalidURL as error:
        raise ConnectorError(f"{answer.host} redirects to what is no address.") from error
    same = (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port)
    kept = {
        name: value
        for name, value in outgoing.headers.items()
        if same or name.lower() in HARMLESS_HEADERS
    }
    return Outgoing(outgoing.method, str(target), kept, outgoing.content)
