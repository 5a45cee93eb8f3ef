"""Asking Shopify: one address for everything, points instead of requests, errors in a 200."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.api import AuthFailed
from core.api import ConnectorError
from core.api import Http
from core.api import HttpResponse
from core.api import MappingError
from core.api import Operation
from core.api import Rate
from core.api import RateLimited
from core.api import Unavailable

VERSION = "2026-10"
PATH = f"/admin/api/{VERSION}/graphql.json"
NEEDED = 1000.0
"""No question costs more points: with as many at hand any of them can be asked."""
DEFAULT_WAIT = 2.0
PASSING = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})
REFUSED = frozenset({"ACCESS_DENIED", "SHOP_INACTIVE", "UNAUTHORIZED"})


def question(name: str, *, repeatable: bool = True, rate: Rate | None = None) -> Operation:
    """Return an operation by the name that its document has; all share the points of the shop.

    One with a rate is asked no more often, whatever the points.
    """
    bucket = "graphql" if rate is None else ""
    return Operation(name, "POST", PATH, rate, repeatable=repeatable, bucket=bucket)


def ask(http: Http, operation: Operation, document: str, **variables: Any) -> Mapping[str, Any]:
    """Return the data of an answer.

    Raises: ConnectorError, MappingError when there is none.
    """
    name = operation.name.rpartition(".")[2]
    body = {"query": document, "operationName": name, "variables": variables}
    answer = http.call(operation, json=body).json()
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        # Its type alone: the answer may tell of persons.
        raise MappingError("data", type(data).__name__)
    return data


def judge(response: HttpResponse) -> ConnectorError | None:
    """Return the error that Shopify tells with a 200; what was found beside it is not enough."""
    answer = _read(response)
    errors = answer.get("errors")
    if not errors:
        return None
    told = errors if isinstance(errors, list) else [{"message": errors}]
    codes = {str((each.get("extensions") or {}).get("code", "")) for each in told}
    said = "; ".join(str(each.get("message", ""))[:300] for each in told[:3])
    if "THROTTLED" in codes:
        return RateLimited("Shopify has no points left.", retry_after=_wait(answer))
    if codes & REFUSED:
        return AuthFailed(
            f"Shopify refuses: {said}", hint="Give the app the scope, and authorise it again."
        )
    if codes & PASSING:
        return Unavailable(f"Shopify failed: {said}")
    return ConnectorError(f"Shopify does not answer: {said}")


def rest(response: HttpResponse) -> float:
    """Return in how many seconds there are points for any question again."""
    available, rate = _points(_read(response))
    return max(0.0, (NEEDED - available) / rate) if rate else 0.0


def faults_of(told: object, where: str) -> list[Mapping[str, Any]]:
    """Return what Shopify says against a change.

    Raises: MappingError when the answer is none to a change.
    """
    errors = told.get("userErrors") if isinstance(told, dict) else None
    if not isinstance(errors, list):
        raise MappingError(where, type(told).__name__)
    return errors


def reasons(errors: list[Mapping[str, Any]]) -> str:
    """Return Shopify's own words for a refusal, for a person."""
    return "; ".join(str(each.get("message", "")) for each in errors)[:500] or "Shopify refused it."


def nodes_of(connection: object, path: str) -> list[Any]:
    """Return the rows of a connection.

    Raises: MappingError when it is none.
    """
    found = connection.get("nodes") if isinstance(connection, dict) else None
    if not isinstance(found, list):
        raise MappingError(path, type(connection).__name__)
    return found


def following(connection: Mapping[str, Any]) -> str | None:
    """Return the cursor behind a page, None at the last one."""
    info = connection.get("pageInfo")
    if not isinstance(info, dict) or "hasNextPage" not in info:
        raise MappingError("pageInfo", type(info).__name__)
    return str(info["endCursor"]) if info["hasNextPage"] else None


def number_of(gid: str, kind: str) -> str:
    """Return the number in a global id.

    Raises: MappingError for the id of another kind of thing.
    """
    head, _, number = gid.rpartition("/")
    if head != f"gid://shopify/{kind}" or not number.isdecimal():
        raise MappingError("id", gid)
    return number


def quoted(text: str) -> str:
    """Return a value as the search syntax takes it literally."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _wait(answer: Mapping[str, Any]) -> float:
    available, rate = _points(answer)
    asked = ((answer.get("extensions") or {}).get("cost") or {}).get("requestedQueryCost")
    if not rate or asked is None:
        return DEFAULT_WAIT
    return max(0.05, (float(asked) - available) / rate)


def _points(answer: Mapping[str, Any]) -> tuple[float, float]:
    """Return how many points are left and how many come a second, nothing where it is not told."""
    cost = (answer.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    try:
        return float(status["currentlyAvailable"]), float(status["restoreRate"])
    except (KeyError, TypeError, ValueError):
        return NEEDED, 0.0


def _read(response: HttpResponse) -> Mapping[str, Any]:
    try:
        answer = response.json()
    except ConnectorError:
        return {}
    return answer if isinstance(answer, dict) else {}
