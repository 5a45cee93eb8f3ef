"""The wire: connections to checked addresses only, within a deadline that covers everything.

Name, certificate and pool stay those of the host; only the address it is reached at is ours. No
proxy and no certificate store is taken from the environment.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import httpcore2
import httpx2

from core.http.addresses import Resolver
from core.http.addresses import reachable
from core.http.addresses import resolve
from core.http.hosts import HostRules

_deadline: ContextVar[float | None] = ContextVar("entrepot_http_deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """End whatever the network does inside the block after so many seconds."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def remaining() -> float:
    """Return the seconds until the deadline."""
    end = _deadline.get()
    return float("inf") if end is None else end - time.monotonic()


class GuardedTransport(httpx2.HTTPTransport):
    """A transport for the hosts of some rules."""

    def __init__(
        self,
        rules: HostRules,
        *,
        resolver: Resolver = resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        context = ssl_context or _ssl_context()
        super().__init__(verify=context, trust_env=False)
        # The transport takes no network backend; its pool does.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=10,
            max_keepalive_connections=5,
            keepalive_expiry=30.0,
            network_backend=_Backend(rules, resolver),
        )


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, rules: HostRules, resolver: Resolver) -> None:
        self._rules = rules
        self._resolver = resolver
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        opened = self._rules.is_opened(host, port)
        addresses = reachable(host, port, opened=opened, resolver=self._resolver)
        for place, address in enumerate(addresses, 1):
            try:
                stream = self._backend.connect_tcp(
                    address, port, _within(timeout), local_address, socket_options
                )
                return _Stream(stream)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if place == len(addresses):
                    raise
        raise httpcore2.ConnectError(host)

    def connect_unix_socket(self, *_arguments: Any, **_options: Any) -> httpcore2.NetworkStream:
        raise httpcore2.ConnectError("no socket of this machine is reached")


class _Stream(httpcore2.NetworkStream):
    """A stream whose every wait ends at the deadline: a server may not drip for hours."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _within(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _within(timeout: float | None) -> float | None:
    left = remaining()
    if left <= 0:
        raise httpcore2.ReadTimeout("the deadline of the request has passed")
    return min(left, timeout) if timeout is not None else (None if left == float("inf") else left)


@lru_cache(maxsize=1)
def _ssl_context() -> ssl.SSLContext:
    # Reading the certificates takes longer than many a request.
    return httpx2.create_ssl_context(trust_env=False)
