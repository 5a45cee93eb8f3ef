"""The connector: one question for each number; VIES says valid, not valid, or cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.api import Call
from core.api import ClientOptions
from core.api import Http
from core.api import MappingError
from core.api import NumberAnswer
from core.api import NumberQuestion
from core.api import Operation
from core.api import Rate
from core.api import RateLimited
from core.api import RequestRefused
from core.api import TaxNumber
from core.api import Unavailable
from core.api import read_json
from core.api import read_tax_number

CHECK = Operation(
    "vies.check",
    "POST",
    "/taxation_customs/vies/rest-api/check-vat-number",
    # VIES publishes no rate; it refuses who asks too much at once.
    Rate(2, 5),
    repeatable=True,
)
STATUS = Operation("vies.status", "GET", "/taxation_customs/vies/rest-api/check-status")

BUSY = frozenset(
    {
        "GLOBAL_MAX_CONCURRENT_REQ",
        "GLOBAL_MAX_CONCURRENT_REQ_TIME",
        "MS_MAX_CONCURRENT_REQ",
        "MS_MAX_CONCURRENT_REQ_TIME",
    }
)
DOWN = frozenset({"SERVICE_UNAVAILABLE", "MS_UNAVAILABLE", "TIMEOUT", "SERVER_BUSY"})
BUSY_SECONDS = 60.0
ANSWERED = (400, 404, 500, 503)
"""VIES says in the body why it has no answer, whatever the status of the answer is."""


class Vies:
    """Asks VIES by its REST interface."""

    platform = "vies"

    def client_options(self, settings: Mapping[str, Any]) -> ClientOptions:
        """Return where VIES answers."""
        return ClientOptions(settings.get("simulator") or "https://ec.europa.eu")

    def check_account(self, settings: Mapping[str, Any], http: Http) -> None:
        """Ask whether VIES is there."""
        http.call(STATUS)

    def check_number(self, call: Call, question: NumberQuestion) -> NumberAnswer:
        """Return what VIES says of a number.

        Raises: Unavailable or RateLimited where it cannot say now, RequestRefused for a question
        that it does not understand.
        """
        requester = str(call.settings.get("requester") or "")
        own = read_tax_number(requester, "") if requester else None
        answer = call.http.call(CHECK, json=_body(question, own), expect=ANSWERED)
        told = read_json(answer.content)
        if not isinstance(told, Mapping):
            raise MappingError("body", str(told)[:80])
        if reason := _refusal(told):
            raise _error(reason, question.country)
        valid = told.get("valid")
        if not isinstance(valid, bool):
            raise MappingError("valid", valid)
        consultation = str(told.get("requestIdentifier") or "")
        return NumberAnswer(valid, consultation, own.text if own else "")


def _body(question: NumberQuestion, own: TaxNumber | None) -> dict[str, str]:
    body = {"countryCode": _prefix(question.country), "vatNumber": question.number}
    if own is not None:
        body |= {"requesterMemberStateCode": _prefix(own.country), "requesterNumber": own.number}
    return body


def _prefix(country: str) -> str:
    return "EL" if country == "GR" else country


def _refusal(told: Mapping[str, Any]) -> str:
    """Return why VIES has no answer, empty if it has one."""
    wrapped = told.get("errorWrappers") or ()
    errors = [str(each.get("error")) for each in wrapped if isinstance(each, Mapping)]
    if told.get("actionSucceed") is False or errors:
        return errors[0] if errors else "it did not succeed"
    code = str(told.get("userError") or "")
    return code if code in BUSY | DOWN else ""


def _error(reason: str, country: str) -> Exception:
    said = f"VIES cannot say whether the number of {country} is valid: {reason}."
    if reason in BUSY:
        return RateLimited(said, retry_after=BUSY_SECONDS)
    if reason in DOWN:
        return Unavailable(said)
    return RequestRefused(said, status=400, detail=reason)
