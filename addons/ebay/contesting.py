"""Answering disputes: how one stands is read first, so that none is answered twice.

eBay counts what is done about a payment dispute; the count is sent along, so that what happened
meanwhile lets an answer fail. Bodies of the Post-Order API are from its pages, not its document.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from addons.ebay.asking import ask
from addons.ebay.disputes import ACTION_NEEDED
from addons.ebay.disputes import API
from addons.ebay.disputes import steps_of
from addons.ebay.errors import reasons
from addons.ebay.operations import GET_CLAIM
from addons.ebay.operations import REFUND_CLAIM
from addons.ebay.operations import SHIP_INQUIRY
from addons.ebay.operations import do_dispute
from addons.ebay.operations import get_dispute
from core.api import Call
from core.api import DisputeAnswer
from core.api import DisputeKind
from core.api import DisputeStep
from core.api import DisputeVerdict
from core.api import Evidence
from core.api import RequestRefused

LONGEST_NOTE = 1000
LARGEST = 1_500_000
PICTURES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
WANTS_ADDRESS = "SIGNIFICANTLY_NOT_AS_DESCRIBED"
PATHS = {DisputeKind.CLAIM: "inquiry", DisputeKind.CASE: "casemanagement"}
Document = Mapping[str, Any]


def answer(call: Call, told: DisputeAnswer, *, preview: bool) -> DisputeVerdict:
    """Answer a dispute, or say what would be sent."""
    try:
        if told.kind is DisputeKind.PAYMENT:
            return _payment(call, told, preview=preview)
        return _claim(call, told, preview=preview)
    except RequestRefused as error:
        return DisputeVerdict(False, (reasons(error),))


def _payment(call: Call, told: DisputeAnswer, *, preview: bool) -> DisputeVerdict:
    known = _read(call, told)
    if issues := _faults(known, told):
        return DisputeVerdict(False, issues)
    sends = _summary(told)
    if preview:
        return DisputeVerdict(True, sends=sends)
    if told.step is DisputeStep.CONTEST and told.evidence:
        _hand_in(call, told, known)
        known = _read(call, told)
    body: dict[str, Any] = {"revision": known.get("revision")}
    if told.step is DisputeStep.CONTEST and told.note:
        body["note"] = told.note
    _do(call, told, str(told.step), json=body)
    return DisputeVerdict(True, sends=sends)


def _read(call: Call, told: DisputeAnswer) -> Document:
    path = {"dispute": told.external_id}
    found: Document = ask(call.http, get_dispute(call.settings), api=API, path=path) or {}
    return found


def _faults(known: Document, told: DisputeAnswer) -> tuple[str, ...]:
    status = known.get("paymentDisputeStatus")
    if status != ACTION_NEEDED or told.step not in steps_of(known):
        said = known.get("sellerResponse") or status
        return (f"eBay waits for no such answer now: {said}.",)
    found = []
    if told.step is DisputeStep.CONTEST and known.get("reason") == WANTS_ADDRESS:
        found.append("eBay wants to know where the goods go back to: contest it on eBay's page.")
    if told.carrier or told.tracking:
        found.append("eBay takes no number of a parcel here: tell the parcel with the order.")
    if len(told.note) > LONGEST_NOTE:
        found.append(f"A note has {LONGEST_NOTE} characters at most.")
    for each in told.evidence:
        if _ending(each) not in PICTURES or len(each.content) > LARGEST:
            found.append(f"{each.name}: evidence is a JPEG or PNG of 1.5 MB at most.")
    return tuple(found)


def _summary(told: DisputeAnswer) -> tuple[str, ...]:
    lines = [f"{told.step}: {told.external_id}"]
    if told.step is DisputeStep.CONTEST:
        lines += [f"{each.kind}: {each.name}" for each in told.evidence]
        lines += [told.note] if told.note else []
    return tuple(lines)


def _hand_in(call: Call, told: DisputeAnswer, known: Document) -> None:
    """Hand in the files that eBay does not have yet, those of a kind together."""
    there = {
        (str(group.get("evidenceType")), str(file.get("name")))
        for group in known.get("evidence") or ()
        for file in group.get("files") or ()
    }
    kinds: defaultdict[str, list[Evidence]] = defaultdict(list)
    for each in told.evidence:
        if (each.kind, each.name) not in there:
            kinds[each.kind].append(each)
    for kind, files in kinds.items():
        sent = [{"fileId": _upload(call, told, each)} for each in files]
        body = {"evidenceType": kind, "files": sent, "lineItems": _lines(known, kind)}
        _do(call, told, "add_evidence", json=body)


def _lines(known: Document, kind: str) -> list[Document]:
    for each in known.get("evidenceRequests") or ():
        if each.get("evidenceType") == kind and each.get("lineItems"):
            return list(each["lineItems"])
    return list(known.get("lineItems") or ())


def _upload(call: Call, told: DisputeAnswer, file: Evidence) -> str:
    """Upload a file and return eBay's name for it; one that is used nowhere does no harm."""
    mark = f"entrepot-{hashlib.sha256(file.content).hexdigest()[:24]}"
    name = "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in file.name)
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {PICTURES[_ending(file)]}\r\n\r\n"
    )
    body = head.encode() + file.content + f"\r\n--{mark}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    return str(_do(call, told, "upload_evidence_file", content=body, headers=headers)["fileId"])


def _do(call: Call, told: DisputeAnswer, verb: str, **more: Any) -> Document:
    path = {"dispute": told.external_id}
    found: Document = (
        ask(call.http, do_dispute(call.settings, verb), api=API, path=path, expect=(204,), **more)
        or {}
    )
    return found


def _ending(file: Evidence) -> str:
    return f".{file.name.rpartition('.')[2].lower()}"


def _claim(call: Call, told: DisputeAnswer, *, preview: bool) -> DisputeVerdict:
    """Answer an inquiry or a case: with the money, or with the number of the parcel."""
    path = {"list": PATHS[told.kind], "claim": told.external_id.partition("-")[2]}
    known = ask(call.http, GET_CLAIM, api="post-order", path=path) or {}
    status = str(known.get("status") or known.get("inquiryStatusEnum") or "")
    if "CLOSED" in status or status in ("WAITING_BUYER_RESPONSE", "WAITING_CS"):
        return DisputeVerdict(False, (f"eBay waits for no answer now: {status}.",))
    contests = told.step is DisputeStep.CONTEST
    if contests and not (told.carrier and told.tracking):
        return DisputeVerdict(False, ("Say which parcel it is: its carrier and its number.",))
    if told.evidence:
        return DisputeVerdict(False, ("eBay takes no files here.",))
    said: tuple[str, ...] = (f"{told.step}: {told.external_id}",)
    if contests:
        said += (f"{told.carrier} {told.tracking}",)
    if not preview:
        operation = SHIP_INQUIRY if contests else REFUND_CLAIM
        body: Document = {"comments": {"content": told.note}} if told.note else {}
        if contests:
            body = {"shippingCarrierName": told.carrier, "trackingNumber": told.tracking}
        call.http.call(operation, path=path, json=body)
    return DisputeVerdict(True, sends=said)
