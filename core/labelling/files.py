"""The files of labels: sealed for their label, opened to be printed, forgotten with the buyer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.errors import NotFound
from core.kernel import keys
from core.kernel.keys import Keyring
from core.kernel.sealing import Sealer
from core.labelling.models import Label
from core.labelling.models import LabelFile
from core.orders.models import Order

ENDINGS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "application/zpl": "zpl",
}
"""The kinds of files that printers of labels take, each with how its name ends."""


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """A file to print."""

    name: str
    kind: str
    content: bytes = field(repr=False)


def keep_file(session: Session, label: Label, content: bytes, kind: str) -> None:
    """Keep the file of a label; one that was kept is replaced."""
    key_id, sealed = _sealer(session).seal(_place(label.company_id, label.id), content)
    session.merge(
        LabelFile(company_id=label.company_id, id=label.id, kind=kind, sealed=sealed, key_id=key_id)
    )
    session.flush()


def file_of(session: Session, company_id: int, label_id: int) -> PrintedLabel:
    """Return the file of a label.

    Raises: NotFound where none is kept, KernelError when its key is missing.
    """
    row = session.get(LabelFile, (company_id, label_id))
    label = session.get(Label, (company_id, label_id))
    if row is None or label is None:
        raise NotFound(
            "No file of this label is kept.",
            hint="`entrepot label fetch` asks the seller for it again; with the buyer's data the"
            " file is forgotten too.",
        )
    content = _sealer(session).unseal(_place(company_id, label_id), row.key_id, row.sealed)
    name = f"label-{label.tracking or label.key}.{ENDINGS.get(row.kind, 'bin')}"
    return PrintedLabel(name, row.kind, content)


def forget_labels_of(session: Session, company_id: int, order_ids: Collection[int]) -> None:
    """Take away the files of labels of some orders, and of what came of them."""
    wanted = sorted(order_ids)
    labels = (
        sa.select(Label.id)
        .join(Order, (Order.company_id == Label.company_id) & (Order.id == Label.order_id))
        .where(
            Label.company_id == company_id,
            any_of(session, Order.id, wanted) | any_of(session, Order.origin_id, wanted),
        )
    )
    session.execute(
        sa.delete(LabelFile)
        .where(LabelFile.company_id == company_id, LabelFile.id.in_(labels))
        .execution_options(synchronize_session=False)
    )


def seal_anew(session: Session, keyring: Keyring, limit: int = 500) -> int:
    """Seal files with the newest key that need an older one; return how many were."""
    query = (
        sa.select(LabelFile)
        .where(LabelFile.key_id.in_(keyring.ids[1:]))
        .order_by(LabelFile.company_id, LabelFile.id)
        .limit(limit)
    )
    rows, sealer = list(session.scalars(query)), Sealer(keyring)
    for row in rows:
        place = _place(row.company_id, row.id)
        row.key_id, row.sealed = sealer.seal(place, sealer.unseal(place, row.key_id, row.sealed))
    session.flush()
    return len(rows)


def _sealer(session: Session) -> Sealer:
    return Sealer(keys.ensure_keys(session.info["kernel"].config))


def _place(company_id: int, label_id: int) -> str:
    return f"label {company_id}/{label_id}"
