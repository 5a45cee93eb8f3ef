"""The client on real sockets: slow, huge, packed and dishonest servers."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable

import pytest

from core.errors import ConnectorError
from core.errors import HostRefused
from core.errors import OutcomeUnknown
from core.errors import Unavailable
from core.http.calls import Limits
from core.http.calls import Operation
from core.http.exchange import TooLarge
from core.http.hosts import HostRules
from core.http.transport import GuardedTransport
from core.kernel.kernel import Kernel
from tests.http.conftest import opened_client
from tests.http.servers import Handler
from tests.http.servers import serving

READ = Operation("read", "GET", "/x")
WRITE = Operation("write", "POST", "/x")
QUICK = Limits(total_seconds=0.6, read_seconds=0.3, attempts=1, max_bytes=100_000)


def test_a_real_answer(quiet_vendor: Callable[..., Kernel]) -> None:
    with serving(lambda h: h.answer(200, gzip.compress(b'{"a": 1}'), content_encoding="gzip")) as s:
        client, _ = opened_client(quiet_vendor(s.opened), base_url=s.url)
        with client:
            assert client.call(READ).json() == {"a": 1}
            assert client.call(WRITE, json={"ü": 1}).status == 200

    assert s.requests[1][3] == '{"ü":1}'.encode()


def test_a_server_on_the_loopback_is_refused_unless_opened(
    quiet_vendor: Callable[..., Kernel],
) -> None:
    with serving(Handler.answer) as server:
        client, _ = opened_client(quiet_vendor(), base_url=server.url)
        with client, pytest.raises(HostRefused, match="may not reach 127"):
            client.call(READ)

    assert server.requests == []


def test_a_name_that_leads_home_is_refused(quiet_vendor: Callable[..., Kernel]) -> None:
    kernel = quiet_vendor()
    rules = HostRules("vendor", ("api.vendor.test",), frozenset())
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "10.1.2.3"):
        transport = GuardedTransport(rules, resolver=lambda _h, _p, a=address: [a])
        client, _ = opened_client_of(kernel, transport)
        with client, pytest.raises(HostRefused, match="not a public address"):
            client.call(READ)


def test_the_name_is_resolved_once_and_that_address_is_used(
    quiet_vendor: Callable[..., Kernel],
) -> None:
    """A rebinding name answers well the first time and leads home the second time."""
    with serving(Handler.answer) as server:
        answers = [["127.0.0.1"], ["169.254.169.254"]]
        asked: list[str] = []

        def rebinding(host: str, _port: int) -> list[str]:
            asked.append(host)
            return answers.pop(0)

        opened = frozenset({("erp.lan", server.port)})
        transport = GuardedTransport(HostRules("vendor", (), opened), resolver=rebinding)
        kernel = quiet_vendor(f"erp.lan:{server.port}")
        client, _ = opened_client_of(kernel, transport, f"http://erp.lan:{server.port}")
        with client:
            assert client.call(READ).status == 200
            client._transport.close()
            with pytest.raises(HostRefused, match=r"169\.254\.169\.254"):
                client.call(READ)

    assert asked == ["erp.lan", "erp.lan"]
    assert len(server.requests) == 1
    assert server.requests[0][2]["Host"] == f"erp.lan:{server.port}"


def opened_client_of(kernel: Kernel, transport: GuardedTransport, base: str = ""):
    from core.http.client import HttpClient

    client = HttpClient(
        kernel,
        "vendor",
        None,
        base_url=base or "https://api.vendor.test",
        transport=transport,
        limits=QUICK,
    )
    return client, []


def test_a_redirect_to_the_metadata_service_is_refused(
    quiet_vendor: Callable[..., Kernel],
) -> None:
    target = "http://169.254.169.254/latest/meta-data/iam"
    with serving(lambda h: h.answer(302, location=target)) as server:
        client, _ = opened_client(quiet_vendor(server.opened), base_url=server.url)
        with client, pytest.raises(HostRefused, match=r"169\.254\.169\.254"):
            client.call(READ)


def dripping_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def dripping_head(handler: Handler) -> None:
    for sign in b"HTTP/1.1 200 OK\r\nx-long: " + b"y" * 100:
        handler.wfile.write(bytes([sign]))
        handler.wfile.flush()
        time.sleep(0.05)


def silent(_handler: Handler) -> None:
    time.sleep(1.5)


@pytest.mark.parametrize("act", [dripping_body, dripping_head, silent])
def test_a_slow_server_is_left_at_the_deadline(
    quiet_vendor: Callable[..., Kernel], act: Callable[[Handler], None]
) -> None:
    with serving(act) as server:
        client, _ = opened_client(quiet_vendor(server.opened), base_url=server.url, limits=QUICK)
        began = time.monotonic()
        with client, pytest.raises(Unavailable):
            client.call(READ)
        took = time.monotonic() - began

    assert took < 1.2


def test_a_cut_answer_to_what_may_not_be_repeated_is_unknown(
    quiet_vendor: Callable[..., Kernel],
) -> None:
    def cut(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    with serving(cut) as server:
        client, _ = opened_client(quiet_vendor(server.opened), base_url=server.url, limits=QUICK)
        with client, pytest.raises(OutcomeUnknown):
            client.call(WRITE)

    assert len(server.requests) == 1


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def bomb(handler: Handler) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(300)) + packer.flush()
    handler.answer(200, body, content_encoding="gzip")


@pytest.mark.parametrize(
    "act",
    [endless, bomb, lambda h: h.answer(200, b"x" * 100_001), lambda h: h.answer(200, b"x" * 10**6)],
)
def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    quiet_vendor: Callable[..., Kernel], act: Callable[[Handler], None]
) -> None:
    limits = Limits(total_seconds=20, max_bytes=100_000, attempts=1)
    with serving(act) as server:
        client, _ = opened_client(quiet_vendor(server.opened), base_url=server.url, limits=limits)
        with client, pytest.raises(TooLarge, match="100000 bytes"):
            client.call(READ)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"no gzip at all"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0)),
    ],
    ids=["damaged", "twice"],
)
def test_what_cannot_be_unpacked_is_said(
    quiet_vendor: Callable[..., Kernel], encoding: str, body: bytes
) -> None:
    with serving(lambda h: h.answer(200, body, content_encoding=encoding)) as server:
        client, _ = opened_client(quiet_vendor(server.opened), base_url=server.url, limits=QUICK)
        with client, pytest.raises(ConnectorError, match="unpack|packs"):
            client.call(READ)


def test_a_proxy_in_the_environment_is_not_used(
    quiet_vendor: Callable[..., Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Handler.answer) as server, serving(Handler.answer) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        client, _ = opened_client(quiet_vendor(server.opened), base_url=server.url)
        with client:
            client.call(READ)

    assert (len(server.requests), len(proxy.requests)) == (1, 0)
