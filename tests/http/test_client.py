"""The client: what it sends, when it tries again, and what its errors mean."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import httpx2
import pytest
import sqlalchemy as sa

from core.errors import AuthFailed
from core.errors import ConnectorError
from core.errors import HostRefused
from core.errors import InputError
from core.errors import KernelError
from core.errors import OutcomeUnknown
from core.errors import RateLimited
from core.errors import RequestRefused
from core.errors import Unavailable
from core.http.answers import rate_in_header
from core.http.calls import HttpResponse
from core.http.calls import Limits
from core.http.calls import Operation
from core.http.calls import Outgoing
from core.http.calls import Rate
from core.http.circuit import FAILURES
from core.http.client import HttpClient
from core.http.log import KEEP
from core.http.log import purge_requests
from core.http.log import recent_requests
from core.http.models import Bucket
from core.http.models import HttpRequest
from core.kernel.kernel import Kernel
from tests.http.conftest import opened_client

BASE = "https://api.vendor.test"
GET_ORDER = Operation("orders.get", "GET", "/orders/{order_id}")
LIST_ORDERS = Operation("orders.list", "GET", "/orders", rate=Rate(1000, burst=100))
PUSH = Operation("stock.push", "PUT", "/stock", repeatable=True)
BUY = Operation("label.buy", "POST", "/labels")

Answers = list[httpx2.Response | Exception]


def played(answers: Answers, asked: list[httpx2.Request] | None = None) -> httpx2.MockTransport:
    """Return a transport that gives these answers one after the other."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        if asked is not None:
            asked.append(request)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx2.MockTransport(handle)


def client_of(
    kernel: Kernel, *answers: httpx2.Response | Exception, **options: object
) -> tuple[HttpClient, list[float], list[httpx2.Request]]:
    asked: list[httpx2.Request] = []
    client, waits = opened_client(
        kernel, base_url=BASE, transport=played(list(answers), asked), **options
    )
    return client, waits, asked


def test_a_call_is_sent_as_declared_and_its_numbers_are_exact(
    quiet_vendor: Callable[..., Kernel],
) -> None:
    answer = httpx2.Response(200, content=b'{"total": 0.1, "n": 3}', headers={"X-Thing": "a"})
    client, _, asked = client_of(quiet_vendor(), answer)

    got = client.call(GET_ORDER, path={"order_id": "a/b c?"}, query={"q": ["x", "y"], "none": None})

    assert str(asked[0].url) == f"{BASE}/orders/a%2Fb%20c%3F?q=x&q=y"
    assert asked[0].headers["user-agent"].startswith("Entrepot/")
    assert got.json() == {"total": Decimal("0.1"), "n": 3}
    assert got.headers["x-thing"] == "a"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_path_cannot_be_left(quiet_vendor: Callable[..., Kernel], value: str) -> None:
    client, _, asked = client_of(quiet_vendor())

    with pytest.raises(InputError, match="order_id"):
        client.call(GET_ORDER, path={"order_id": value})
    with pytest.raises(InputError, match="order_id: has no value"):
        client.call(GET_ORDER)
    assert asked == []


@pytest.mark.parametrize(
    ("status", "operation", "error"),
    [
        (401, GET_ORDER, AuthFailed),
        (403, GET_ORDER, AuthFailed),
        (404, GET_ORDER, RequestRefused),
        (422, BUY, RequestRefused),
        (408, GET_ORDER, Unavailable),
        (500, GET_ORDER, Unavailable),
        (503, BUY, Unavailable),
        (500, BUY, OutcomeUnknown),
        (504, BUY, OutcomeUnknown),
        (301, BUY, ConnectorError),
    ],
)
def test_each_status_is_one_kind_of_error(
    quiet_vendor: Callable[..., Kernel],
    status: int,
    operation: Operation,
    error: type[Exception],
) -> None:
    headers = {"location": "/elsewhere"} if status == 301 else {}
    client, _, _ = client_of(
        quiet_vendor(),
        httpx2.Response(status, content=b"buyer: Jane Doe", headers=headers),
        limits=Limits(attempts=1),
    )

    with pytest.raises(error) as caught:
        client.call(operation, path={"order_id": 1})

    assert type(caught.value) is error
    assert "Jane" not in str(caught.value)


def test_an_expected_status_is_an_answer(quiet_vendor: Callable[..., Kernel]) -> None:
    client, _, _ = client_of(quiet_vendor(), httpx2.Response(404))

    assert client.call(GET_ORDER, path={"order_id": 1}, expect={404}).status == 404


def test_what_a_refusal_says_is_for_the_connector(quiet_vendor: Callable[..., Kernel]) -> None:
    client, _, _ = client_of(quiet_vendor(), httpx2.Response(422, content=b'{"code": "E7"}'))

    with pytest.raises(RequestRefused) as caught:
        client.call(BUY)

    assert (caught.value.status, caught.value.detail) == (422, '{"code": "E7"}')


def test_what_may_be_repeated_is_tried_again(quiet_vendor: Callable[..., Kernel]) -> None:
    good = httpx2.Response(200, content=b"{}")
    client, waits, asked = client_of(
        quiet_vendor(), httpx2.ReadTimeout("slow"), httpx2.Response(502), good
    )

    assert client.call(PUSH).status == 200
    assert len(asked) == 3
    assert len(waits) == 2
    assert 0 < waits[0] < waits[1] * 8


def test_what_may_not_be_repeated_is_told_to_be_unknown(
    quiet_vendor: Callable[..., Kernel],
) -> None:
    client, _, asked = client_of(quiet_vendor(), httpx2.ReadTimeout("slow"))

    with pytest.raises(OutcomeUnknown, match="may have been done"):
        client.call(BUY)
    assert len(asked) == 1


def test_what_never_left_the_house_is_sent_again(quiet_vendor: Callable[..., Kernel]) -> None:
    client, _, asked = client_of(
        quiet_vendor(), httpx2.ConnectError("no route"), httpx2.Response(200)
    )

    assert client.call(BUY).status == 200
    assert len(asked) == 2


def test_a_short_retry_after_is_waited_for_and_holds_back_every_process(
    vendor: Callable[..., Kernel],
) -> None:
    kernel = vendor()
    limited = httpx2.Response(429, headers={"retry-after": "3"})
    client, waits, asked = client_of(kernel, limited, httpx2.Response(200))

    assert client.call(BUY).status == 200

    assert waits[0] == 3.0
    assert 2.0 < waits[1] <= 3.0  # nothing slept here: the bucket still holds the turn back
    assert len(asked) == 2


def test_a_long_retry_after_is_told(vendor: Callable[..., Kernel]) -> None:
    client, waits, asked = client_of(vendor(), httpx2.Response(429, headers={"retry-after": "120"}))

    with pytest.raises(RateLimited) as told:
        client.call(LIST_ORDERS)
    with pytest.raises(RateLimited) as held:
        client.call(LIST_ORDERS)

    assert told.value.retry_after == 120
    assert 110 < held.value.retry_after <= 120
    assert (waits, len(asked)) == ([], 1)


def test_the_rate_in_an_answer_is_learnt(vendor: Callable[..., Kernel]) -> None:
    kernel = vendor()
    answer = httpx2.Response(200, headers={"X-Amzn-RateLimit-Limit": "0.5"})
    client, _, _ = client_of(kernel, answer, learn=rate_in_header("x-amzn-RateLimit-Limit"))

    client.call(LIST_ORDERS)

    with kernel.db.read() as session:
        row = session.scalars(sa.select(Bucket)).one()
    assert (row.interval_us, row.rate_from) == (2_000_000, "learnt")


def test_nothing_is_asked_inside_a_transaction(quiet_vendor: Callable[..., Kernel]) -> None:
    kernel = quiet_vendor()
    client, _, asked = client_of(kernel, httpx2.Response(200))

    with pytest.raises(KernelError, match="inside a transaction"), kernel.db.write():
        client.call(BUY)
    assert asked == []


def test_a_redirect_stays_within_the_hosts_and_loses_credentials(
    quiet_vendor: Callable[..., Kernel],
) -> None:
    away = httpx2.Response(302, headers={"location": "https://a.shops.vendor.test/y"})
    client, _, asked = client_of(quiet_vendor(), away, httpx2.Response(200))

    client.call(LIST_ORDERS, headers={"Authorization": "Bearer s3cret", "X-Key": "s3cret"})

    assert str(asked[1].url) == "https://a.shops.vendor.test/y"
    assert "s3cret" in str(asked[0].headers.raw)
    assert "s3cret" not in str(asked[1].headers.raw)


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://evil.test/",
        "http://api.vendor.test/",
        "file:///etc/passwd",
        "gopher://api.vendor.test/",
    ],
)
def test_a_redirect_elsewhere_is_refused(quiet_vendor: Callable[..., Kernel], target: str) -> None:
    client, _, asked = client_of(quiet_vendor(), httpx2.Response(302, headers={"location": target}))

    with pytest.raises(HostRefused):
        client.call(LIST_ORDERS)
    assert len(asked) == 1


def test_redirects_end(quiet_vendor: Callable[..., Kernel]) -> None:
    again = [httpx2.Response(302, headers={"location": "/more"}) for _ in range(9)]
    client, _, asked = client_of(quiet_vendor(), *again)

    with pytest.raises(ConnectorError, match="redirects more than 3 times"):
        client.call(LIST_ORDERS)
    assert len(asked) == 4


class Renewing:
    """Signs with a token that it can renew once."""

    def __init__(self) -> None:
        self.token = "old"

    def sign(self, request: Outgoing) -> Outgoing:
        headers = {**request.headers, "Authorization": f"Bearer {self.token}"}
        return Outgoing(request.method, request.url, headers, request.content)

    def renew(self) -> bool:
        self.token = "new"
        return True


def test_refused_credentials_are_renewed_once(quiet_vendor: Callable[..., Kernel]) -> None:
    client, _, asked = client_of(
        quiet_vendor(),
        httpx2.Response(401),
        httpx2.Response(200),
        httpx2.Response(401),
        httpx2.Response(401),
        signer=Renewing(),
    )

    assert client.call(BUY).status == 200
    with pytest.raises(AuthFailed):
        client.call(BUY)
    assert [each.headers["authorization"] for each in asked[:2]] == ["Bearer old", "Bearer new"]


def test_a_silent_host_is_left_alone_for_a_while(quiet_vendor: Callable[..., Kernel]) -> None:
    silent = [httpx2.ConnectError("down") for _ in range(FAILURES)]
    client, _, asked = client_of(quiet_vendor(), *silent, limits=Limits(attempts=1))

    for _ in range(FAILURES + 2):
        with pytest.raises(Unavailable) as told:
            client.call(LIST_ORDERS)

    assert "left alone" in str(told.value)
    assert len(asked) == FAILURES


def test_the_log_knows_the_request_and_nothing_that_was_sent(
    vendor: Callable[..., Kernel],
) -> None:
    kernel = vendor()
    good = httpx2.Response(200, content=b'{"n": 1}', headers={"x-amzn-RequestId": "R-1\x07"})
    client, _, _ = client_of(kernel, httpx2.ReadTimeout("slow"), good)

    got = client.call(
        GET_ORDER,
        path={"order_id": "canary-4711"},
        query={"email": "canary-4711@x.test"},
        headers={"Authorization": "canary-4711"},
        content=b"canary-4711",
    )
    client.close()

    with kernel.db.read() as session:
        last, first = recent_requests(session, client._connection)
        (only,) = recent_requests(session, client._connection, failed=True)
    assert (first.status, first.error, first.attempt) == (None, "ReadTimeout", 1)
    assert (last.method, last.host, last.path) == ("GET", "api.vendor.test", "/orders/{order_id}")
    assert (last.status, last.bytes_sent, last.vendor_ref) == (200, 11, "R-1")
    assert (last.request_ref, only.id) == (got.request_ref, first.id)
    shown = [str(vars(row)) for row in (first, last)]
    assert "canary" not in "".join(shown)


def test_an_answer_outlives_a_log_that_cannot_be_written(
    vendor: Callable[..., Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an effect would count as undone, and a token that came would be lost."""
    client, _, _ = client_of(vendor(), httpx2.Response(200, content=b"{}"))

    def away() -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr("core.http.log.SECONDS", -1.0)
    monkeypatch.setattr("core.http.log.next_ids", lambda *_: away())

    assert client.call(BUY, json={"order": 1}).status == 200
    client.close()


def test_old_lines_of_the_log_are_purged(vendor: Callable[..., Kernel]) -> None:
    kernel = vendor()
    client, _, _ = client_of(kernel, httpx2.Response(200))
    client.call(BUY)
    client.close()

    with kernel.db.write() as session:
        at = session.scalars(sa.select(HttpRequest.at)).one()
        assert purge_requests(session, now=at + KEEP) == 0
        assert purge_requests(session, now=at + KEEP * 2) == 1


def test_an_answer_that_is_no_json_is_said(quiet_vendor: Callable[..., Kernel]) -> None:
    deep = b"[" * 200_000
    client, _, _ = client_of(
        quiet_vendor(), httpx2.Response(200, content=b"<html>"), httpx2.Response(200, content=deep)
    )

    for _ in range(2):
        with pytest.raises(ConnectorError, match="no JSON"):
            client.call(BUY).json()


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("5", 5, 5),
        ("0.25", 0.25, 0.25),
        ("99999999", 86400, 86400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("Fri, 31 Dec 2100 00:00:00 GMT", 86400, 86400),
        ("-3", None, None),
        ("soon", None, None),
        ("1e3", None, None),
        ("", None, None),
    ],
)
def test_retry_after(text: str, least: float | None, most: float | None) -> None:
    from core.http.answers import retry_after

    got = retry_after({"retry-after": text})

    if least is None:
        assert got is None
    else:
        assert got is not None
        assert least <= got <= most


def test_a_429_without_its_word_waits_for_the_turn_of_the_told_rate(
    quiet_vendor: Callable[..., Kernel],
) -> None:
    answers = iter([429, 200])

    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(next(answers), headers={"x-rate": "4"}, json={})

    client, waits = opened_client(
        quiet_vendor(),
        base_url=BASE,
        transport=httpx2.MockTransport(answer),
        learn=rate_in_header("x-rate"),
    )
    with client:
        client.call(Operation("orders", "GET", "/orders", Rate(4, 10)))

    assert 0.25 <= waits[0] <= 0.5


def test_what_is_said_inside_a_200_counts(vendor: Callable[..., Kernel]) -> None:
    kernel = vendor()

    def judge(response: HttpResponse) -> ConnectorError | None:
        told = response.json()
        return RateLimited("slowly", retry_after=told["wait"]) if "wait" in told else None

    answers = [{"wait": 0.5}, {"rest": 3}, {"done": 1}]
    client, slept, asked = client_of(kernel, *(httpx2.Response(200, json=x) for x in answers))
    client.heed(judge, lambda response: response.json().get("rest", 0))

    # Told again although it may not be repeated: what was turned away was not done.
    assert client.call(BUY).json() == {"rest": 3}
    assert slept[0] == 0.5
    assert client.call(BUY).json() == {"done": 1}
    assert 2 < slept[-1] <= 3
    assert len(asked) == 3


def test_operations_of_one_bucket_take_turns(vendor: Callable[..., Kernel]) -> None:
    kernel = vendor()
    one, other = (Operation(name, "GET", "/q", Rate(1), bucket="q") for name in ("one", "other"))

    client, slept = opened_client(
        kernel, transport=played([httpx2.Response(200), httpx2.Response(200)]), base_url=BASE
    )
    with client:
        client.call(one)
        client.call(other)

    assert len(slept) == 1
    assert 0.5 < slept[0] <= 1
