"""Variants by what they are known by: their SKU, or their number where they have none."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from addons.shopify.asking import ask
from addons.shopify.asking import following
from addons.shopify.asking import nodes_of
from addons.shopify.asking import question
from addons.shopify.asking import quoted
from addons.shopify.orders import code_of
from core.api import Http
from core.api import MappingError

MOST = 100
"""So many are found at most for one question; more would be variants that share a SKU."""
NUMBERED = "variant "
UNKNOWN = "Shopify knows no variant of this SKU."
SHARED = "Several variants have this SKU: whose it is nobody can say. Give each its own."
Document = Mapping[str, Any]


def find(
    http: Http, name: str, document: str, refs: Sequence[str], **more: Any
) -> tuple[Mapping[str, Document | str], Document]:
    """Return the variant of each name, or why there is none; and the whole answer."""
    query = " OR ".join(_term(ref) for ref in refs)
    data = ask(http, question(name), document, first=MOST, query=query, **more)
    found: dict[str, Document | str] = dict.fromkeys(refs, UNKNOWN)
    for node in nodes_of(data.get("productVariants"), "productVariants"):
        # The search finds what sounds alike as well.
        ref = code_of({**node, "variant": node, "title": ""})
        if ref in found:
            found[ref] = node if found[ref] == UNKNOWN else SHARED
    if following(data["productVariants"]) is not None:
        raise MappingError("productVariants", f"more than {MOST}")
    return found, data


def _term(ref: str) -> str:
    number = ref.removeprefix(NUMBERED)
    if ref.startswith(NUMBERED) and number.isdecimal():
        return f"id:{number}"
    return f"sku:{quoted(ref)}"
