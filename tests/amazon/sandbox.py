"""The static pairs of Amazon's sandbox: a request as its models tell it, with its answer."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.api import Call
from core.api import HttpResponse
from core.api import Operation
from core.api import RequestRefused
from core.config import ROOT
from core.kernel.connections import ConnectionInfo

MODELS = Path(os.environ.get("ENTREPOT_SHARED") or ROOT.parent / "shared") / "specs/amazon/models"
PLACE = re.compile(r"{\w+}")


@dataclass(frozen=True)
class Pair:
    """A request and its answer; one that is not `real` feeds the reading of answers only.

    `given` are the parameters by their names, `places` says where each goes: path, query or body.
    """

    operation: str
    method: str
    path: str
    status: int
    given: Mapping[str, Any]
    places: Mapping[str, str]
    answer: Any
    real: bool

    def in_place(self, place: str) -> dict[str, Any]:
        """Return the parameters that go into one place of the request."""
        return {name: each for name, each in self.given.items() if self.places.get(name) == place}


@dataclass(frozen=True)
class Sent:
    """A request as the connector makes it."""

    method: str
    template: str
    path: str
    query: Mapping[str, str]
    body: Any


def shape(path: str) -> str:
    """Return a path without the names of its places: ours are spelt otherwise than Amazon's."""
    return PLACE.sub("{}", path)


def read_pairs() -> Iterator[Pair]:
    """Yield every static pair of every model, and every example as an answer without a request."""
    for file in sorted(MODELS.glob("*.json")):
        for path, item in json.loads(file.read_bytes(), parse_float=Decimal)["paths"].items():
            for method, told in item.items():
                if isinstance(told, dict) and "operationId" in told:
                    yield from _of_operation(path, method.upper(), item, told)


def _of_operation(path: str, method: str, item: Any, told: Any) -> Iterator[Pair]:
    known = [*item.get("parameters", ()), *told.get("parameters", ())]
    places = {each["name"]: each["in"] for each in known if "name" in each} | {"body": "body"}
    for status, response in told["responses"].items():
        for pair in response.get("x-amzn-api-sandbox", {}).get("static", ()):
            asked = pair.get("request", {}).get("parameters", {})
            given = {name: each["value"] for name, each in asked.items() if "value" in each}
            # `{"body": {}}` stands for any body, and refusals are asked for by marks.
            real = int(status) < 300 and len(given) == len(asked)
            answer = pair.get("response")
            yield Pair(told["operationId"], method, path, int(status), given, places, answer, real)
        if example := response.get("examples"):
            body = example.get("application/json", example)
            yield Pair(told["operationId"], method, path, int(status), {}, {}, body, False)


@dataclass
class Wire:
    """A client that answers with one answer, or by operation, and remembers what was asked."""

    answer: Any
    status: int = 200
    others: Mapping[str, Any] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def call(
        self,
        operation: Operation,
        *,
        path: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        json: Any = None,
        **_rest: Any,
    ) -> HttpResponse:
        """Answer as the client of the core would."""
        places = {name: quote(str(each), safe="") for name, each in (path or {}).items()}
        given = {name: str(each) for name, each in (query or {}).items() if each is not None}
        at = operation.path.format(**places)
        self.sent.append(Sent(operation.method, operation.path, at, given, json))
        if operation.name in self.others:
            return _response(self.others[operation.name])
        if self.status >= 300:
            raise RequestRefused("Refused.", status=self.status, detail=_text(self.answer))
        return _response(self.answer)

    def calling(self, **settings: object) -> Call:
        """Return what a connector works with on this wire."""
        at = datetime(2026, 1, 1, tzinfo=UTC)
        info = ConnectionInfo(1, 1, "amazon", "Pairs", "A1", "ok", {}, "", at, at)
        return Call(info, settings, self)


def _response(body: Any) -> HttpResponse:
    return HttpResponse(200, {}, _text(body).encode(), "pair")


def _text(body: Any) -> str:
    def number(value: object) -> float:
        assert isinstance(value, Decimal)
        return float(value)

    return json.dumps(body, default=number)


def leaves(document: Any, but: Callable[[Sequence[str]], bool]) -> Iterator[tuple[str, object]]:
    """Yield every value of a document with its path, but those whose path is left out."""

    def walk(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, object]]:
        if but(path):
            return
        if isinstance(value, dict):
            for name, each in value.items():
                yield from walk(each, (*path, name))
        elif isinstance(value, list):
            for place, each in enumerate(value):
                yield from walk(each, (*path, str(place)))
        else:
            yield ".".join(path), value

    return walk(document, ())
