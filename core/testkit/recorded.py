"""Recorded conversations with a platform, played back in place of the network.

A cassette is a JSON file: a list of requests, each with its answer and where that came from
(`from`: vendor sample, generated from the schema, or hand-written), so that nobody takes a
placeholder for the vendor's behaviour.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2


@dataclass(frozen=True)
class Exchange:
    """A request as it must look, and its answer."""

    method: str
    path: str
    query: Mapping[str, str | None]
    asks: Mapping[str, Any]
    status: int
    headers: Mapping[str, str]
    body: bytes
    source: str

    def fits(self, request: httpx2.Request) -> bool:
        """Say whether this is the answer to a request; a value of null must be absent.

        With `json` a request says what of its body must be so, where one address answers all.
        """
        given = request.url.params
        return (
            request.method == self.method
            and request.url.path == self.path
            and all(given.get(name) == value for name, value in self.query.items())
            and (not self.asks or _holds(self.asks, json.loads(request.content)))
        )


class Recorded(httpx2.MockTransport):
    """A wire that answers from cassettes, and remembers what it was asked."""

    def __init__(
        self, exchanges: Sequence[Exchange], change: Callable[[Exchange], bytes] | None = None
    ) -> None:
        super().__init__(self._answer)
        self.exchanges = exchanges
        self.change = change or (lambda exchange: exchange.body)
        self.asked: list[httpx2.Request] = []

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        for exchange in self.exchanges:
            if exchange.fits(request):
                return httpx2.Response(
                    exchange.status, headers=dict(exchange.headers), content=self.change(exchange)
                )
        raise AssertionError(f"No cassette answers {request.method} {request.url}")


class Failing(httpx2.MockTransport):
    """A wire on which every request fails in one way."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        def answer(_request: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(status, headers=dict(headers), content=body)

        super().__init__(answer)


def read_cassettes(*files: Path) -> list[Exchange]:
    """Read cassettes.

    Raises: AssertionError naming the file and the entry that cannot be used.
    """
    return [_exchange(file, n, each) for file in files for n, each in enumerate(_read(file))]


def _read(file: Path) -> list[dict[str, Any]]:
    assert file.is_file(), f"There is no cassette {file}; record one."
    entries = json.loads(file.read_text(encoding="utf-8"))
    assert isinstance(entries, list), f"{file}: a cassette is a list of exchanges."
    assert entries, f"{file}: it holds no exchange."
    return entries


def _exchange(file: Path, place: int, entry: dict[str, Any]) -> Exchange:
    try:
        request, answer = entry["request"], entry["answer"]
        body = json.dumps(answer["json"]) if "json" in answer else answer.get("text", "")
        return Exchange(
            method=request["method"],
            path=request["path"],
            query=request.get("query", {}),
            asks=request.get("json", {}),
            status=answer["status"],
            headers=answer.get("headers", {"content-type": "application/json"}),
            body=body.encode(),
            source=entry["from"],
        )
    except (KeyError, TypeError) as error:
        raise AssertionError(f"{file}: exchange {place} lacks {error}.") from error


def _holds(wanted: Any, given: Any) -> bool:
    """Say whether a body has what is wanted of it, and perhaps more."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(
            _holds(value, given.get(name)) for name, value in wanted.items()
        )
    return bool(wanted == given)
