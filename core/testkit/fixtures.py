"""Fixtures that contracts and tests of addons share.

pytest loads them wherever Entrepot is installed: nothing of the core is imported before a test
asks for one.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core.testkit.recorded import Recorded

FROZEN = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def recorded(request: pytest.FixtureRequest, no_network: None) -> Callable[..., Recorded]:
    """Return a client that answers from cassettes in the folder `cassettes` beside the test."""
    from core.testkit.recorded import Recorded
    from core.testkit.recorded import read_cassettes

    folder = Path(request.path).parent / "cassettes"

    def play(*names: str) -> Recorded:
        return Recorded(read_cassettes(*(folder / name for name in names)))

    return play


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that Python code opens: a test must not depend on a platform."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("A test may not open connections; record the answer in a cassette.")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


@pytest.fixture
def frozen_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Let Entrepot's clock stand still at noon of 1 June 2026; call it to move the hands."""
    from core import clock

    moment = [FROZEN]
    monkeypatch.setattr(clock, "now", lambda: moment[0])

    def move(to: datetime) -> None:
        moment[0] = to.astimezone(UTC)

    return move
