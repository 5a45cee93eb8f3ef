"""What all simulated marketplaces share: routes, rates, faults, and a memory of what was asked."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any
from typing import ClassVar

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.routing import Rule
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response

from core.testkit.fakes.faults import BEFORE
from core.testkit.fakes.faults import Fault
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.mail import Mail
from core.testkit.fakes.rates import Buckets
from core.testkit.fakes.rates import Published
from core.testkit.fakes.server import Served
from core.testkit.fakes.server import hang_up
from core.testkit.fakes.server import serving
from core.testkit.fakes.time import FakeClock
from core.testkit.fakes.trade import Trade

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment

RETRY_AFTER = "0.2"


class Refusal(Exception):
    """A request that the platform turns down, in its own words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Asked:
    """A request that reached an operation; `fault` is for lists, which spoil a page by it."""

    request: Request
    operation: str
    path: Mapping[str, str]
    fault: Fault | None

    def query(self, name: str) -> str | None:
        """Return a parameter, None without it."""
        return self.request.args.get(name)

    def listed(self, name: str) -> list[str]:
        """Return a parameter that holds several values, separated by commas."""
        return [each for each in (self.query(name) or "").split(",") if each]

    def document(self) -> Any:
        """Return the JSON in the body.

        Raises: Refusal when it is none.
        """
        try:
            return json.loads(self.request.get_data())
        except ValueError:
            raise Refusal(400, "InvalidInput", "The body is no JSON.") from None


Act = Callable[[Any, Asked], Response]
Witness = Callable[[Request, Response, str], None]


@dataclass(frozen=True)
class Route:
    """An operation: where it answers, how often, and which parameters it knows."""

    name: str
    method: str
    path: str
    published: Published | None
    query: frozenset[str]
    signed: bool
    act: Act


def operation(
    name: str,
    method: str,
    path: str,
    published: Published | None = None,
    *,
    query: Sequence[str] = (),
    signed: bool = True,
) -> Callable[[Act], Act]:
    """Mark a method of a part as an operation; one that is not `signed` asks for no credentials."""

    def mark(act: Act) -> Act:
        act.route = Route(  # type: ignore[attr-defined]
            name, method, path, published, frozenset(query), signed, act
        )
        return act

    return mark


class Part:
    """A group of operations of a marketplace."""

    def __init__(self, fake: Any) -> None:
        self.fake = fake

    def routes(self) -> Iterator[Route]:
        """Yield the operations of this part."""
        for name in dir(type(self)):
            route = getattr(getattr(type(self), name), "route", None)
            if isinstance(route, Route):
                yield route


@dataclass
class Calls:
    """What was asked: all of it, and what came faster than the rate allows."""

    made: Counter[str] = field(default_factory=Counter)
    too_fast: Counter[str] = field(default_factory=Counter)
    log: list[tuple[str, str, str]] = field(default_factory=list)

    def forget(self) -> None:
        """Start to count anew."""
        self.made.clear()
        self.too_fast.clear()
        self.log.clear()


class Fake:
    """A simulated marketplace with the trade of one account; call it as a WSGI application."""

    platform: ClassVar[str]
    parts: ClassVar[Sequence[type[Part]]]

    def __init__(
        self,
        trade: Trade,
        *,
        clock: FakeClock | None = None,
        factor: float = 1.0,
        faults: Faults | None = None,
    ) -> None:
        self.trade = trade
        self.clock = clock or FakeClock()
        self.buckets = Buckets(factor)
        self.faults = faults or Faults()
        self.calls = Calls()
        self.mail = Mail()
        self.lock = threading.RLock()
        self.witnesses: list[Witness] = []
        """Called with each request, its answer and its operation, before a fault spoils that."""
        self.served: Served | None = None
        self._routes: dict[str, tuple[Part, Route]] = {}
        rules = []
        for part in [kind(self) for kind in self.parts]:
            for route in part.routes():
                if route.name in self._routes:
                    raise ValueError(f"two operations are called {route.name}")
                self._routes[route.name] = (part, route)
                rules.append(Rule(route.path, endpoint=route.name, methods=[route.method]))
        self._map = Map(rules, strict_slashes=False)

    # What a platform adds of its own

    def credentials(self) -> dict[str, str]:
        """Return what a seller enters to connect this account."""
        raise NotImplementedError

    def advertising(self) -> dict[str, str]:
        """Return what connects the account's advertising, where that is another login."""
        return {}

    def check(self, asked: Asked) -> None:
        """Stop a request without good credentials.

        Raises: Refusal.
        """
        raise NotImplementedError

    def refuse(self, refusal: Refusal) -> Response:
        """Return a refusal as the platform words it."""
        raise NotImplementedError

    def expire_tokens(self) -> None:
        """Let every access token run out now."""

    def name_of(self, _request: Request, route: Route) -> str:
        """Return what a request asks for: its route, where a platform has one for each thing."""
        return route.name

    def limited(self, fault: Fault) -> Response:
        """Return what somebody hears who asks too fast."""
        answer = self.refuse(Refusal(429, "QuotaExceeded", "You exceeded your quota."))
        if fault is Fault.LIMITED:
            answer.headers["Retry-After"] = RETRY_AFTER
        return answer

    def headers(self, _route: Route) -> Mapping[str, str]:
        """Return what stands in the head of every answer of an operation."""
        return {}

    # How it answers

    @contextmanager
    def up(self, port: int = 0) -> Iterator[Served]:
        """Serve until the block ends."""
        with serving(self, port) as served:
            self.served = served
            try:
                yield served
            finally:
                self.served = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or not at all when the schedule says so."""
        request = Request(environ)
        request.get_data()
        with self.lock:
            answer, fault = self._answer(request)
        if fault is Fault.NO_ANSWER:
            hang_up(environ)
        elif fault is Fault.CUT:
            whole = answer.get_data()
            answer.set_data(whole[: len(whole) // 2])
            answer.headers["Content-Length"] = str(len(whole))
            answer.headers["Connection"] = "close"
        return answer(environ, start_response)

    def _answer(self, request: Request) -> tuple[Response, Fault | None]:
        try:
            name, values = self._map.bind_to_environ(request.environ).match()
        except HTTPException as error:
            text = f"{request.method} {request.path} is nothing that is answered here."
            return self.refuse(Refusal(error.code or 404, "NotFound", text)), None
        part, route = self._routes[name]
        name = self.name_of(request, route)
        self.calls.made[name] += 1
        self.calls.log.append((request.method, request.full_path, name))
        fault = self.faults.next(name)
        try:
            answer = self._act(part, Asked(request, name, values, fault), route)
        except Refusal as refusal:
            answer = self.refuse(refusal)
        answer.headers.update(self.headers(route))
        for witness in self.witnesses:
            witness(request, answer, name)
        return answer, fault

    def _act(self, part: Part, asked: Asked, route: Route) -> Response:
        if route.published and not self.buckets.take(route.name, route.published):
            self.calls.too_fast[route.name] += 1
            raise Refusal(429, "QuotaExceeded", "You exceeded your quota for the operation.")
        if asked.fault is Fault.EXPIRED:
            self.expire_tokens()
        elif asked.fault in BEFORE:
            return self._failed(asked.fault)
        if route.signed:
            self.check(asked)
        if unknown := set(asked.request.args) - route.query:
            raise Refusal(400, "InvalidInput", f"Unknown parameter {min(unknown)!r}.")
        answer = route.act(part, asked)
        return self._failed(asked.fault) if asked.fault is Fault.LOST else answer

    def _failed(self, fault: Fault) -> Response:
        if fault is Fault.LOST:
            return self.refuse(Refusal(500, "InternalFailure", "Something went wrong."))
        if fault is Fault.BUSY:
            return self.refuse(Refusal(503, "ServiceUnavailable", "Try again later."))
        return self.limited(fault)


def as_json(document: object, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(json.dumps(document, ensure_ascii=False), status, mimetype="application/json")
