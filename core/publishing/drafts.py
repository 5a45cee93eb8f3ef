"""Offering something on a platform: tried first, and published only if the platform takes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2

from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.external import ListingDraft
from core.channels.external import ListingVerdict
from core.errors import InputError
from core.identity.audit import audit
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel

FIELDS = {"sku": str, "product_type": str, "attributes": dict}


def read_drafts(path: Path) -> list[ListingDraft]:
    """Read drafts: a JSON list of objects with sku, product_type and attributes, or one of them.

    Raises: InputError naming the entry that is none.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise InputError(f"The file is no JSON: {error}.", where=path.name) from None
    entries = told if isinstance(told, list) else [told]
    return [_draft(each, f"{path.name}, entry {n}") for n, each in enumerate(entries, 1)]


def publish_drafts(
    kernel: Kernel,
    connection: ConnectionInfo,
    drafts: Sequence[ListingDraft],
    *,
    only_try: bool,
    transport: httpx2.BaseTransport | None = None,
) -> list[ListingVerdict]:
    """Try each draft and, unless `only_try`, publish those that the platform takes.

    Raises: ConnectorError as the connector raised it, AddonFailed; what was published stays.
    """
    connector = connector_with(kernel, connection, "publish_listing", "publishes no listings")
    verdicts = []
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        for draft in drafts:
            with as_addon(kernel, connection.addon, "connector:publish_listing", "Run it again."):
                verdict = connector.publish_listing(call, draft, preview=True)
                if verdict.taken and not only_try:
                    verdict = connector.publish_listing(call, draft, preview=False)
            verdicts.append(verdict)
            if verdict.taken and not only_try:
                _note(kernel, connection, draft)
    return verdicts


def _note(kernel: Kernel, connection: ConnectionInfo, draft: ListingDraft) -> None:
    with kernel.db.write() as session:
        audit(
            session,
            "listing.published",
            f"connection:{connection.id}",
            after={"listing": draft.external_ref, "kind": draft.kind},
            company_id=connection.company_id,
        )


def _draft(entry: Any, where: str) -> ListingDraft:
    if not isinstance(entry, dict):
        raise InputError("A draft is an object.", where=where)
    for name, kind in FIELDS.items():
        if not isinstance(entry.get(name), kind) or not entry[name]:
            raise InputError(f"It has no {name}.", where=where, hint=f"Give {', '.join(FIELDS)}.")
    if unknown := sorted(set(entry) - set(FIELDS)):
        raise InputError(f"{unknown[0]!r} is no part of a draft.", where=where)
    return ListingDraft(entry["sku"], entry["product_type"], entry["attributes"])
