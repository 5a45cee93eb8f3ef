"""Requests made up from the API's own document: none breaks it, and all answers are as it says.

Addresses name things that exist as often as not, so that the requests get somewhere. What is sent
may be right or wrong; what is wrong has to be refused with a problem document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.web.test_api import Api
from tests.web.test_api import api as _api
from tests.web.test_api import stocked

api = _api

schemathesis = pytest.importorskip("schemathesis", reason="`python3 wsgi.py test` installs it")

FULL = 20_000
QUICK = 60
THIRD = 3
"""To know an operation costs more time than to ask it: the suite asks a third of them."""


@pytest.mark.soak
def test_made_up_requests_are_answered_as_the_document_says(api: Api) -> None:
    send_made_up(api, list(operations_of(api)), FULL)


def test_a_few_made_up_requests_are_answered_as_the_document_says(api: Api) -> None:
    send_made_up(api, list(operations_of(api))[::THIRD], QUICK)


def send_made_up(api: Api, operations: Sequence[Any], requests: int) -> None:
    """Send requests to operations alike; every answer is as the document says."""
    known = things(api)

    faults: dict[str, str] = {}
    sent: Counter[int] = Counter()
    for operation in operations:
        for fault in try_out(api, operation, known, requests // len(operations) + 1, sent):
            faults.setdefault(fault[:200], f"{operation.label}: {fault}")

    assert list(faults.values()) == []
    assert sum(sent.values()) >= requests
    assert sent[200] > requests / 20, sent


def operations_of(api: Api) -> Iterator[Any]:
    """Yield the operations of the API, reading before writing."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", api.app)
    found = [each.ok() for each in schema.get_all_operations()]
    yield from sorted(found, key=lambda each: (each.method != "get", each.label))


def things(api: Api) -> Mapping[str, Sequence[object]]:
    """Make some of everything, and return what addresses may name."""
    life = api.life
    stocked(life, 50)
    life.warehouse("FAR")
    life.orders(*(f"{n} MUG 1 @ 5.00 on 2011-02-0{n} from ann to US" for n in range(1, 6)))
    api.post("/stock/transfers", origin="MAIN", target="FAR", lines={"MUG": 4}, reference="T-1")
    api.post("/stock/counts", warehouse="MAIN", skus=["MUG"], reference="C-1")
    orders = [row["id"] for row in api.get("/orders").json["items"]]
    products = [row["id"] for row in api.get("/products").json["items"]]
    return {
        "order_id": orders,
        "sku_id": products,
        "reference": ["T-1", "C-1"],
        "code": ["uk_vat100", "eu_oss_union"],
        "period": ["2011-Q1", "2026-Q3", "2011-02"],
        "box": ["1", "6"],
        "sku": ["MUG"],
        "warehouse": ["MAIN", "FAR"],
        "base": ["USD", "EUR"],
        "quote": ["GBP"],
    }


def try_out(
    api: Api,
    operation: Any,
    known: Mapping[str, Sequence[object]],
    number: int,
    sent: Counter[int],
) -> list[str]:
    """Send some requests to an operation; return what was wrong with the answers."""
    faults: list[str] = []
    checks = schemathesis.checks
    wanted = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    modes = schemathesis.GenerationMode
    made = st.one_of(
        operation.as_strategy(generation_mode=modes.POSITIVE),
        operation.as_strategy(generation_mode=modes.POSITIVE),
        operation.as_strategy(generation_mode=modes.NEGATIVE),
    )

    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=made, pick=st.integers(0, 11))
    def send(case: Any, pick: int) -> None:
        name_things(case, known, pick)
        try:
            answer = case.call(headers={"Authorization": f"Bearer {api.token}"})
        except pytest.fail.Exception as failure:
            faults.append(f"{failure}; {case.as_curl_command()}"[:1500])
            return
        sent[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=wanted)
        except Exception as failure:  # noqa: BLE001 - all of them are told together
            faults.append(f"{answer.status_code} {failure}"[:1500])

    send()
    return faults


def name_things(case: Any, known: Mapping[str, Sequence[object]], pick: int) -> None:
    """Let a request name things that exist, most of the time."""
    if pick % 4 == 0:
        return
    if "If-Match" in (case.headers or {}):
        case.headers["If-Match"] = "*"
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            for name in part.keys() & known.keys():
                part[name] = known[name][pick % len(known[name])]
