"""Raw rows: what came in, as it was received, each at most once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.models import RawRow
from core.channels.shops import LOCK_ACCOUNT
from core.db import table_of
from core.prepared import Prepared
from core.prepared import Question
from core.prepared import among
from core.prepared import ask_together
from core.remembered import LOOK
from core.remembered import look
from core.rows import bulk_insert

RawKey = tuple[str, int]
"""A document's reference and the fingerprint of one of its rows."""

_KNOWN = Prepared(
    sa.select(RawRow.document_ref, RawRow.fingerprint, sa.func.count())
    .where(
        RawRow.company_id == sa.bindparam("company"),
        RawRow.scope_id == sa.bindparam("scope"),
        among(RawRow.document_ref, "refs"),
    )
    .group_by(RawRow.document_ref, RawRow.fingerprint)
)


class Occurrences:
    """How often each row of some documents is known already.

    Two files that overlap hold the same rows: of identical rows in one document as many are kept
    as the file that has most of them.
    """

    def __init__(
        self,
        session: Session,
        company_id: int,
        scope_id: int,
        document_refs: Sequence[str],
        also: Sequence[Question] = (),
    ) -> None:
        """Look them up, and let one batch of an account be applied at a time.

        Two files may tell of the same facts. A scope that is no account locks nothing. What is
        `also` asked is answered after the lock, and with the same wait for PostgreSQL.
        """
        _, stamps, rows, *self.also = ask_together(
            session,
            [
                (LOCK_ACCOUNT, {"company": company_id, "id": scope_id}),
                (LOOK, {}),
                (_KNOWN, {"company": company_id, "scope": scope_id, "refs": document_refs}),
                *also,
            ],
        )
        look(session, stamps)
        self._known: dict[RawKey, int] = {(ref, mark): count for ref, mark, count in rows}
        self._met: defaultdict[RawKey, int] = defaultdict(int)

    def number_if_new(self, document_ref: str, fingerprint: int) -> int | None:
        """Return which occurrence the next such row is, None if it is known already."""
        key = (document_ref, fingerprint)
        self._met[key] += 1
        occurrence = self._met[key]
        return occurrence if occurrence > self._known.get(key, 0) else None


def write_raw_rows(session: Session, rows: Iterable[tuple[object, ...]]) -> None:
    """Store raw rows; each is its columns in the order of `RAW_COLUMNS`."""
    bulk_insert(session, table_of(RawRow), RAW_COLUMNS, list(rows))


RAW_COLUMNS = (
    "company_id id scope_id import_id document_ref fingerprint occurrence line_number kind payload"
    " reason"
).split()
