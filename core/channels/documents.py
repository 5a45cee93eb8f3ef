"""What platforms write down beside orders and settlements: kept row by row, each row once."""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Mapping
from hashlib import blake2b

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.external import ExternalDocument
from core.channels.external import Rejected
from core.channels.importing import ImportResult
from core.channels.importing import begin_import
from core.channels.importing import finish_import
from core.channels.models import DOCUMENT
from core.channels.models import RawRow
from core.channels.models import Shop
from core.channels.raw import Occurrences
from core.channels.raw import write_raw_rows
from core.channels.shops import AccountFacts
from core.channels.shops import raw_scope_of
from core.db import any_of
from core.db import rows_of
from core.ids import next_ids

DOCUMENTS = "documents"


def keep_rows(
    session: Session, account: AccountFacts, document: ExternalDocument
) -> tuple[int, ImportResult]:
    """Keep the rows of a document that are not known yet; return the import, and what became of it.

    A document whose every row is known leaves an import too: it says that it was there.
    """
    scope_id = raw_scope_of(session, account)
    import_id = begin_import(
        session,
        account.company_id,
        None,
        DOCUMENTS,
        f"{account.platform} {document.external_id}",
        "",
        account.platform,
        sorted({name for row in document.rows for name in row.cells}),
    )
    refs = [f"{account.platform}/{document.kind}/{row.ref}" for row in document.rows]
    known = Occurrences(session, account.company_id, scope_id, sorted(set(refs)))
    fresh: list[tuple[object, ...]] = []
    for number, (ref, row) in enumerate(zip(refs, document.rows, strict=True), 1):
        text = json.dumps(row.cells, ensure_ascii=False, sort_keys=True)
        mark = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
        if (occurrence := known.number_if_new(ref, mark)) is not None:
            fresh.append((ref, mark, occurrence, number, DOCUMENT + document.kind, text, None))
    write_raw_rows(
        session,
        (
            (account.company_id, new_id, scope_id, import_id, *cells)
            for new_id, cells in zip(next_ids(session, len(fresh)), fresh, strict=True)
        ),
    )
    told = ImportResult(len(refs), len(fresh), len(refs) - len(fresh))
    finish_import(session, account.company_id, import_id, told)
    return import_id, told


def keep_refusal(session: Session, account: AccountFacts, refused: Rejected) -> None:
    """Write into the log of imports why a document could not be read; it is not kept."""
    import_id = begin_import(
        session, account.company_id, None, DOCUMENTS, f"{account.platform} {refused.external_id}",
        "", account.platform, (),
    )  # fmt: skip
    told = ImportResult(1, quarantined=1, quarantine=[(0, refused.reason)])
    finish_import(session, account.company_id, import_id, told)


def document_rows(
    session: Session, shop_id: int, kind: str, refs: Collection[str]
) -> dict[str, Mapping[str, str]]:
    """Return what an account's documents of a kind say of some refs now: the latest row of each."""
    shop = session.scalars(sa.select(Shop).where(Shop.id == shop_id)).one_or_none()
    if shop is None or not refs:
        return {}
    start = f"{shop.platform}/{kind}/"
    query = (
        sa.select(RawRow.document_ref, RawRow.payload)
        .where(
            RawRow.company_id == shop.company_id,
            RawRow.scope_id == raw_scope_of(session, shop),
            any_of(session, RawRow.document_ref, sorted(f"{start}{ref}" for ref in refs)),
        )
        .order_by(RawRow.id)
    )
    # Later rows stand in place of earlier ones.
    rows = rows_of(session, query)
    return {ref.removeprefix(start): json.loads(payload) for ref, payload in rows}
