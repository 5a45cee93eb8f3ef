"""Rates are fetched from a server that plays the ECB, with what can go wrong with it."""

from __future__ import annotations

import io
from collections.abc import Callable
from collections.abc import Iterator
from datetime import UTC
from datetime import date
from datetime import datetime
from zipfile import ZIP_DEFLATED
from zipfile import ZipFile

import pytest

from core import clock
from core.errors import Unavailable
from core.http import client as client_module
from core.http.circuit import Circuit
from core.kernel.jobs import JobContext
from core.orders.clearing import post_all_waiting
from core.rates.feeds import failing_long
from core.rates.jobs import refresh
from core.rates.refreshing import refresh_rates
from tests.http.servers import Act
from tests.http.servers import Handler
from tests.http.servers import Served
from tests.http.servers import serving
from tests.rates.test_finding import found
from tests.rates.test_published import enable
from tests.world import World

NOW = datetime(2026, 11, 12, 18, 0, tzinfo=UTC)
SPACES = (
    'xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"'
    ' xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"'
)
WEEK = {
    "2026-11-12": {"USD": "1.1205", "GBP": "0.8711"},
    "2026-11-11": {"USD": "1.1190", "GBP": "0.8702"},
}


def xml(days: dict[str, dict[str, str]]) -> bytes:
    cubes = "".join(
        f"<Cube time='{day}'>"
        + "".join(f'<Cube currency="{code}" rate="{rate}"/>' for code, rate in rates.items())
        + "</Cube>"
        for day, rates in days.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><gesmes:Envelope {SPACES}>'
        "<gesmes:subject>Reference rates</gesmes:subject>"
        f"<Cube>{cubes}</Cube></gesmes:Envelope>"
    ).encode()


def packed(text: str, name: str = "eurofxref-hist.csv") -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return stream.getvalue()


def answering(body: bytes, status: int = 200, **headers: str) -> Act:
    def act(handler: Handler) -> None:
        handler.answer(status, body, **headers)

    return act


@pytest.fixture
def ecb() -> Iterator[Served]:
    with serving(answering(xml(WEEK))) as served:
        yield served


@pytest.fixture
def fetching(
    world: World, ecb: Served, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Act | None], list[tuple[str, int, str]]]:
    """Return what refreshes the rates from a server that acts in some way."""
    monkeypatch.setattr(client_module, "circuit", Circuit())
    monkeypatch.setattr(client_module.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    enable(world)
    source = world.kernel.addon("rates_ecb").rate_sources.__func__.__globals__["EcbRates"]
    monkeypatch.setattr(source, "address", ecb.url)
    object.__setattr__(world.kernel.config, "http_allow", (ecb.opened,))

    def fetch(act: Act | None = None) -> list[tuple[str, int, str]]:
        if act is not None:
            ecb.act = act
        return [(each.source, each.new, each.problem) for each in refresh_rates(world.kernel)]

    return fetch


def feed(world: World) -> tuple[str, str | None, bool]:
    (row,) = world.rows("SELECT problem, last_day, failing_since FROM rates_feed")
    return row.problem, row.last_day and str(row.last_day), row.failing_since is not None


def kept(world: World) -> list[tuple[str, ...]]:
    rows = world.rows("SELECT quote, day, value FROM rates_published ORDER BY quote, day")
    return [(row.quote, str(row.day), row.value) for row in rows]


def test_what_was_published_since_is_kept_and_books_what_waited(
    world: World, ecb: Served, fetching: Callable[..., list[tuple[str, int, str]]]
) -> None:
    world.stock("MUG 5 @ 2.00 on 2011-01-01")
    world.orders("1001 MUG 2 @ 5.00 EUR on 2026-11-12 from ann to GB")
    assert world.booked("1001") == {}
    assert found(world, "EUR", date(2026, 11, 12)) is None
    assert fetching() == [("ECB", 4, "")]
    assert [request[1] for request in ecb.requests] == ["/eurofxref-hist-90d.xml"]
    assert found(world, "EUR", date(2026, 11, 12)) == "EUR/GBP 0.8711 (ECB, 2026-11-12)"
    assert found(world, "EUR", date(2026, 11, 11)) == "EUR/GBP 0.8702 (ECB, 2026-11-11)"
    assert feed(world) == ("", "2026-11-12", False)
    # Nobody has to ask for it: the job that books what waited is in the queue.
    queued = {row.task for row in world.rows("SELECT task FROM kernel_job")}
    assert {"orders.post", "settlements.resolve"} <= queued
    assert post_all_waiting(world.kernel, world.company.id).posted == 1
    assert world.booked("1001")["1210"] == 1045
    assert fetching() == [("ECB", 0, "")]
    assert world.broken() == []


def test_after_a_long_silence_the_whole_file_is_fetched(
    world: World,
    ecb: Served,
    fetching: Callable[..., list[tuple[str, int, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 3, 1, tzinfo=UTC))
    text = "Date,USD,GBP,\n2027-02-26,1.1,0.8,\n2026-12-01,1.12,N/A,\n2026-10-30,1.1172,0.9,\n"
    assert fetching(answering(packed(text))) == [("ECB", 3, "")]
    assert [request[1] for request in ecb.requests] == ["/eurofxref-hist.zip"]
    # What the library carries is not kept a second time.
    assert kept(world) == [
        ("GBP", "2027-02-26", "0.8"),
        ("USD", "2026-12-01", "1.12"),
        ("USD", "2027-02-26", "1.1"),
    ]


def test_a_correction_replaces_what_was_kept(
    world: World, fetching: Callable[..., list[tuple[str, int, str]]]
) -> None:
    fetching()
    corrected = {"2026-11-12": {"USD": "1.1206", "GBP": "0.8711"}}
    assert fetching(answering(xml(corrected))) == [("ECB", 1, "")]
    assert ("USD", "2026-11-12", "1.1206") in kept(world)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (answering(b"", 503), "503"),
        (answering(b"", 404), "404"),
        (answering(b"<html><body>Sorry</body></html>"), "no file of the ECB"),
        (answering(xml(WEEK)[:-30]), "no XML"),
        (answering(b"\x00\xff"), "no XML"),
        (answering(b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml(WEEK)[38:]), "document type"),
        (answering(xml({})), "no rate at all"),
        (answering(xml({"soon": {"USD": "1.1"}})), "'soon' is not a day"),
        (answering(xml({"2027-11-12": {"USD": "1.1"}})), "not of a day gone"),
        (answering(xml({"2026-11-12": {"USD": "-1.1"}})), "no rate"),
        (answering(xml({"2026-11-12": {"USD": "NaN"}})), "NaN"),
        (answering(xml({"2026-11-12": {"dollar": "1.1"}})), "no currency"),
        (answering(xml(WEEK) * 1, content_length="9999999999"), "larger than"),
    ],
)
def test_what_cannot_be_trusted_changes_nothing_and_is_said(
    world: World,
    fetching: Callable[..., list[tuple[str, int, str]]],
    act: Act,
    said: str,
) -> None:
    fetching()
    before = kept(world)
    ((_, new, problem),) = fetching(act)
    assert (new, kept(world)) == (0, before)
    assert said in problem
    assert feed(world) == (problem, "2026-11-12", True)
    # It mends itself.
    fetching(answering(xml(WEEK)))
    assert feed(world) == ("", "2026-11-12", False)


def test_a_rate_that_jumps_is_left_out_and_the_others_are_kept(
    world: World, fetching: Callable[..., list[tuple[str, int, str]]]
) -> None:
    slipped = {
        "2026-11-12": {"USD": "112.05", "GBP": "0.8711"},
        "2026-11-11": {"USD": "1.1190", "GBP": "0.8702"},
    }
    ((_, new, problem),) = fetching(answering(xml(slipped)))
    assert new == 3
    assert problem.startswith("USD jumps from 1.1190 to 112.05 on 2026-11-12")
    assert found(world, "USD", date(2026, 11, 12)) is not None
    assert ("USD", "2026-11-12", "112.05") not in kept(world)


def test_silence_is_said_before_documents_wait_for_ever(
    world: World,
    fetching: Callable[..., list[tuple[str, int, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetching()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 25, tzinfo=UTC))
    ((_, _, problem),) = fetching()
    assert problem.startswith("Nothing was published since 2026-11-12")
    context = JobContext(world.kernel, 1, "rates.refresh", {})
    with pytest.raises(Unavailable, match="Nothing was published"):
        refresh(context)
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 29, tzinfo=UTC))
    with world.kernel.db.read() as session:
        assert list(failing_long(session)) == ["ECB"]


def test_a_host_that_the_manifest_does_not_name_is_not_asked(
    world: World, ecb: Served, fetching: Callable[..., list[tuple[str, int, str]]]
) -> None:
    object.__setattr__(world.kernel.config, "http_allow", ())
    ((_, new, problem),) = fetching()
    assert (new, ecb.requests) == (0, [])
    assert "may not reach" in problem
