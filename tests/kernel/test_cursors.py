"""Cursors move with what was read, and from where the reading began."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest

from core.errors import Conflict
from core.errors import InputError
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import CursorInfo
from core.kernel.cursors import advance_cursor
from core.kernel.cursors import lag_seconds
from core.kernel.cursors import list_cursors
from core.kernel.cursors import read_cursor
from core.kernel.cursors import reset_cursor
from core.kernel.kernel import Kernel
from tests.kernel.platforms import connected
from tests.kernel.platforms import make_company

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def platform(running: Callable[..., Kernel]) -> tuple[Kernel, ConnectionInfo]:
    """Give a connection."""
    kernel = running("platform")
    return kernel, connected(kernel, make_company(kernel))


def test_a_cursor_moves_from_where_it_was_read(platform: tuple[Kernel, ConnectionInfo]) -> None:
    kernel, connection = platform
    with kernel.db.write() as session:
        start = read_cursor(session, connection, "orders")
        first = advance_cursor(session, connection, start, {"page": "a"}, through_at=NOON)
        advance_cursor(session, connection, first, {"page": "b"}, through_at=NOON)
        other = read_cursor(session, connection, "returns")

    with kernel.db.read() as session:
        now = read_cursor(session, connection, "orders")
        assert [each.stream for each in list_cursors(session, connection)] == ["orders"]
    assert (start.version, start.value, other.version) == (0, None, 0)
    assert (now.value, now.through_at, now.version) == ({"page": "b"}, NOON, 2)


def test_of_two_that_read_the_same_stretch_one_commits(
    platform: tuple[Kernel, ConnectionInfo],
) -> None:
    kernel, connection = platform
    with kernel.db.read() as session:
        start = read_cursor(session, connection, "orders")
    with kernel.db.write() as session:
        advance_cursor(session, connection, start, "mine")

    with pytest.raises(Conflict, match="meanwhile"), kernel.db.write() as session:
        advance_cursor(session, connection, start, "theirs")
    with kernel.db.read() as session:
        assert read_cursor(session, connection, "orders").value == "mine"


def test_data_that_is_undone_takes_its_cursor_along(
    platform: tuple[Kernel, ConnectionInfo],
) -> None:
    kernel, connection = platform
    with suppress(ZeroDivisionError), kernel.db.write() as session:
        advance_cursor(session, connection, CursorInfo("orders"), "x")
        raise ZeroDivisionError

    with kernel.db.write() as session:
        assert read_cursor(session, connection, "orders").version == 0
        assert not reset_cursor(session, connection, "orders")
        advance_cursor(session, connection, CursorInfo("orders"), "x")
        assert reset_cursor(session, connection, "orders")


@pytest.mark.parametrize(("stream", "value"), [("", 1), ("orders", None), ("orders", "x" * 4001)])
def test_a_cursor_is_small_and_has_a_name(
    platform: tuple[Kernel, ConnectionInfo], stream: str, value: object
) -> None:
    kernel, connection = platform
    with pytest.raises(InputError), kernel.db.write() as session:
        advance_cursor(session, connection, CursorInfo(stream), value)


def test_the_slowest_stream_tells_the_lag() -> None:
    cursors = [
        CursorInfo("a", through_at=NOON),
        CursorInfo("b", through_at=NOON - timedelta(minutes=5)),
        CursorInfo("c"),
    ]

    assert lag_seconds(cursors, now=NOON) == 300
    assert lag_seconds(cursors[2:]) is None
