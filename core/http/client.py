"""The client through which the connector of one connection reaches its platform."""

from __future__ import annotations

import json as json_module
import random
import secrets
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from typing import Self
from urllib.parse import quote
from urllib.parse import urlencode

import httpx2

from core import __version__
from core import clock
from core.errors import AuthFailed
from core.errors import ConnectorError
from core.errors import InputError
from core.errors import KernelError
from core.errors import OutcomeUnknown
from core.errors import RateLimited
from core.errors import Unavailable
from core.http import buckets
from core.http.answers import error_of
from core.http.answers import retry_after
from core.http.answers import vendor_ref
from core.http.calls import HttpResponse
from core.http.calls import Limits
from core.http.calls import Operation
from core.http.calls import Outgoing
from core.http.calls import Signer
from core.http.circuit import circuit
from core.http.exchange import Answer
from core.http.exchange import exchange
from core.http.hosts import rules_for
from core.http.log import LogLine
from core.http.log import RequestLog
from core.http.transport import GuardedTransport
from core.kernel import faults
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.kernel.secrets import SecretText

Judge = Callable[[HttpResponse], ConnectorError | None]
Rest = Callable[[HttpResponse], float]
Stamp = Callable[[Outgoing, Mapping[str, SecretText]], Outgoing]

BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF = 8.0
RENEW_ON = (401,)
# Nothing of the request has left the house when one of these is raised.
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class HttpClient:
    """Calls of one connection (None: settings that are tried before they are stored).

    A context manager; one thread at a time. Addons hold no other way to the network.
    """

    def __init__(
        self,
        kernel: Kernel,
        addon: str,
        connection: ConnectionInfo | None,
        *,
        base_url: str = "",
        signer: Signer | None = None,
        limits: Limits | None = None,
        learn: Callable[[Mapping[str, str]], float | None] | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._kernel = kernel
        self._connection = connection
        self._label = connection.label if connection is not None else addon
        self._rules = rules_for(kernel.config, kernel.manifest(addon), connection)
        self._base_url = base_url.rstrip("/")
        self._signer = signer
        self._limits = limits or Limits()
        self._learn = learn
        self._judge: Judge | None = None
        self._rest: Rest | None = None
        self._stamp: Stamp | None = None
        self._transport = transport or GuardedTransport(self._rules)
        self._log = RequestLog(kernel.db, connection)
        self._sleep: Callable[[float], None] = time.sleep

    def heed(self, judge: Judge | None, rest: Rest | None, stamp: Stamp | None = None) -> None:
        """Look into answers of success as well, and stamp what is sent.

        `judge` returns the error that one tells, `rest` for how many seconds nothing is left.
        `stamp` returns a request that has its credentials with what else it needs.
        """
        self._judge, self._rest, self._stamp = judge, rest, stamp

    @property
    def is_trial(self) -> bool:
        """Say whether settings are tried that are not stored: nothing may be made for them."""
        return self._connection is None

    def __enter__(self) -> Self:
        """Open the client."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections and write the log."""
        self.close()

    def close(self) -> None:
        """Close the connections and write the log."""
        self._transport.close()
        self._log.flush()

    def call(
        self,
        operation: Operation,
        *,
        path: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        expect: Collection[int] = (),
    ) -> HttpResponse:
        """Ask an operation and return its answer; waits for its turn and tries again where it may.

        `path` fills the places of the operation's path. Answers other than 2xx are errors, except
        those in `expect`. What a platform says inside a 200 is for the connector to judge.

        Raises: AuthFailed, RateLimited, Unavailable, OutcomeUnknown, RequestRefused, HostRefused,
        ConnectorError; KernelError inside a transaction.
        """
        if faults.transaction_open():
            raise KernelError(
                f"{operation.name} of {self._label} was asked inside a transaction.",
                hint="Close the session first: nothing of the database may wait for the network.",
            )
        kind, body = _body(json, form, content)
        outgoing = Outgoing(
            operation.method,
            self._url(operation, path or {}, query or {}),
            {**_standard(), **kind, **(headers or {})},
            body,
        )
        return self._call(operation, outgoing, expect)

    def _call(
        self, operation: Operation, outgoing: Outgoing, expect: Collection[int]
    ) -> HttpResponse:
        renewed, attempt = False, 0
        while True:
            attempt += 1
            last = attempt >= self._limits.attempts
            try:
                answer, reference = self._attempt(operation, outgoing, attempt)
            except Unavailable as error:
                if last or isinstance(error, OutcomeUnknown):
                    raise
                self._sleep(_backoff(attempt))
                continue
            if not renewed and operation.signed and self._renew(answer.status, expect):
                renewed = True
                continue
            problem = error_of(answer, operation, self._label, expect)
            if problem is None:
                response = HttpResponse(answer.status, answer.headers, answer.content, reference)
                problem = self._judged(operation, response)
            if problem is None:
                return response
            if not renewed and operation.signed and self._renew_stale(problem):
                renewed = True
                continue
            self._again(operation, answer, problem, attempt)

    def _judged(self, operation: Operation, response: HttpResponse) -> ConnectorError | None:
        """Return the error that a platform tells inside an answer, and rest as long as it asks."""
        if not operation.signed:
            return None
        pause = self._rest(response) if self._rest is not None else 0.0
        if pause > 0 and self._connection is not None:
            buckets.hold_back(self._kernel.db, self._connection, operation, pause)
        return self._judge(response) if self._judge is not None else None

    def _again(
        self, operation: Operation, answer: Answer, problem: ConnectorError, attempt: int
    ) -> None:
        """Wait before the next attempt, or raise the problem if there is none."""
        asked = retry_after(answer.headers)
        limited = isinstance(problem, RateLimited)
        wait = _backoff(attempt) if asked is None else asked
        if isinstance(problem, RateLimited):
            told = self._learn(answer.headers) if self._learn is not None else None
            # Without its word, the next turn of the rate that it tells, and not all at once.
            if asked is None and told:
                problem.retry_after = random.uniform(1, 2) / told  # noqa: S311 - guards nothing
            wait = problem.retry_after
            if self._connection is not None:
                buckets.hold_back(self._kernel.db, self._connection, operation, wait)
        # What was turned away for its rate was not done, whatever it was.
        may = limited or (operation.may_repeat and isinstance(problem, Unavailable))
        if not may or attempt >= self._limits.attempts or wait > self._limits.wait_seconds:
            raise problem
        self._sleep(wait)

    def _attempt(
        self, operation: Operation, outgoing: Outgoing, attempt: int
    ) -> tuple[Answer, str]:
        host = httpx2.URL(outgoing.url).host
        self._rules.check(httpx2.URL(outgoing.url))
        self._turn(operation)
        circuit.check(host)
        signed = self._signed(outgoing) if operation.signed else outgoing
        reference = secrets.token_hex(8)
        began, moment = time.monotonic(), clock.now()
        answer: Answer | None = None
        error = ""
        try:
            answer = exchange(self._transport, self._rules, signed, self._limits)
        except httpx2.TransportError as problem:
            error = type(problem).__name__
            circuit.silent(host)
            raise _silence(operation, self._label, host, problem) from problem
        except ConnectorError as problem:
            error = type(problem).__name__
            raise
        except (httpx2.DecodingError, httpx2.InvalidURL) as problem:
            error = type(problem).__name__
            raise ConnectorError(f"The answer of {host} cannot be unpacked.") from problem
        finally:
            self._log.add(
                LogLine(
                    at=moment,
                    operation=operation.name,
                    method=operation.method,
                    host=answer.host if answer is not None else host,
                    path=operation.path.partition("?")[0],
                    attempt=attempt,
                    status=answer.status if answer is not None else None,
                    error=error,
                    milliseconds=int((time.monotonic() - began) * 1000),
                    bytes_sent=len(signed.content),
                    bytes_received=answer.received if answer is not None else 0,
                    request_ref=reference,
                    vendor_ref=vendor_ref(answer.headers) if answer is not None else "",
                )
            )
        circuit.answered(host)
        self._note_rate(operation, answer)
        return answer, reference

    def _signed(self, outgoing: Outgoing) -> Outgoing:
        signer = self._signer
        signed = outgoing if signer is None else signer.sign(outgoing)
        given: Mapping[str, SecretText] = getattr(signer, "given", {})
        return signed if self._stamp is None else self._stamp(signed, given)

    def _turn(self, operation: Operation) -> None:
        if self._connection is None:
            return
        wait = buckets.take_turn(
            self._kernel.db, self._connection, operation, patience=self._limits.wait_seconds
        )
        if wait > 0:
            self._sleep(wait)

    def _note_rate(self, operation: Operation, answer: Answer) -> None:
        told = self._learn(answer.headers) if self._learn is not None else None
        if told is not None and self._connection is not None and operation.rate is not None:
            buckets.learn_rate(self._kernel.db, self._connection, operation, told)

    def _renew(self, status: int, expect: Collection[int]) -> bool:
        if self._signer is None or status in expect:
            return False
        return status in getattr(self._signer, "renew_on", RENEW_ON) and self._signer.renew()

    def _renew_stale(self, problem: ConnectorError) -> bool:
        """Ask for a new token where a platform says inside an answer that this one is stale."""
        stale = isinstance(problem, AuthFailed) and problem.stale
        return stale and self._signer is not None and self._signer.renew()

    def _url(
        self, operation: Operation, path: Mapping[str, object], query: Mapping[str, object]
    ) -> str:
        try:
            filled = operation.path.format_map({k: _segment(k, v) for k, v in path.items()})
        except KeyError as error:
            raise InputError("has no value.", where=f"{operation.name}: {error.args[0]}") from error
        url = filled if "://" in filled else f"{self._base_url}{filled}"
        pairs = urlencode({k: v for k, v in query.items() if v is not None}, doseq=True)
        try:
            httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise InputError("is no address.", where=operation.name) from error
        return f"{url}{'&' if '?' in url else '?'}{pairs}" if pairs else url


def _silence(
    operation: Operation, label: str, host: str, problem: httpx2.TransportError
) -> Unavailable:
    said = f"{host} did not answer {operation.name} of {label}: {type(problem).__name__}."
    if operation.may_repeat or isinstance(problem, NOT_SENT):
        return Unavailable(said)
    return OutcomeUnknown(said, hint="It may have been done; look before you send it again.")


def _segment(name: str, value: object) -> str:
    text = str(value)
    if text in {"", ".", ".."}:
        raise InputError(f"{text!r} cannot stand in a path.", where=name)
    return quote(text, safe="")


def _body(
    json: Any, form: Mapping[str, str] | None, content: bytes
) -> tuple[dict[str, str], bytes]:
    if json is not None:
        text = json_module.dumps(json, ensure_ascii=False, separators=(",", ":"))
        return {"Content-Type": "application/json"}, text.encode()
    if form is not None:
        kind = "application/x-www-form-urlencoded"
        return {"Content-Type": kind}, urlencode(form).encode()
    return {}, content


def _standard() -> dict[str, str]:
    return {
        "Accept": "application/json",
        # What the limits can follow piece by piece.
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": f"Entrepot/{__version__}",
    }


def _backoff(attempt: int) -> float:
    longest = min(LONGEST_BACKOFF, BACKOFF_SECONDS * 2.0**attempt)
    return random.uniform(longest / 4, longest)  # noqa: S311 - spreads the load, guards nothing


def http_client(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    base_url: str = "",
    signer: Signer | None = None,
    limits: Limits | None = None,
    learn: Callable[[Mapping[str, str]], float | None] | None = None,
) -> HttpClient:
    """Return a client for a connection; use it in a `with` block."""
    return HttpClient(
        kernel,
        connection.addon,
        connection,
        base_url=base_url,
        signer=signer,
        limits=limits,
        learn=learn,
    )
