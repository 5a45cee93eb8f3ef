"""What some services want to know beside: told where Amazon remembers it, else refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons.amazon.operations import LABEL_INPUTS
from core.api import Call
from core.api import MappingError
from core.api import RequestRefused

OK = 200

Document = Mapping[str, Any]


def shipment_inputs(call: Call, order_ref: str, service: str, sender: Document) -> list[Document]:
    """Return what Amazon remembers of the things that it wants to know for a service.

    Raises: RequestRefused naming what it wants to know and does not remember.
    """
    body = {"ShippingServiceId": service, "ShipFromAddress": sender, "OrderId": order_ref}
    told = call.http.call(LABEL_INPUTS, json=body).json()
    payload = told.get("payload") if isinstance(told, dict) else None
    if not isinstance(payload, dict):
        raise MappingError("payload", type(payload).__name__)
    found, lacking = _known(payload.get("ShipmentLevelFields") or ())
    for item in payload.get("ItemLevelFieldsList") or ():
        # What each item needs is not kept anywhere, so that it is asked for in Seller Central.
        lacking += [_title(each) for each in item["AdditionalInputs"] if _is_needed(each)]
    if lacking:
        raise RequestRefused(
            f"The service wants to know more: {', '.join(lacking)}.",
            status=OK,
            hint="Buy the label of this service in Seller Central once: Amazon remembers it then.",
        )
    return found


def _known(fields: Any) -> tuple[list[Document], list[str]]:
    found: list[Document] = []
    lacking: list[str] = []
    for each in fields:
        stored = (each.get("SellerInputDefinition") or {}).get("StoredValue")
        if stored and len(stored) > 1:
            name = each["AdditionalInputFieldName"]
            found.append({"AdditionalInputFieldName": name, "AdditionalSellerInput": stored})
        elif _is_needed(each):
            lacking.append(_title(each))
    return found, lacking


def _is_needed(field: Document) -> bool:
    return bool((field.get("SellerInputDefinition") or {}).get("IsRequired"))


def _title(field: Document) -> str:
    told = field.get("SellerInputDefinition") or {}
    return str(told.get("InputDisplayText") or field.get("AdditionalInputFieldName"))
