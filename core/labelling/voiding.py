"""Taking labels back that were not used, fetching their files again, and saying what nobody knew.

The seller is asked outside of any transaction. That he takes a label back says that it was asked
for: what was accrued for it is taken back at once, what was charged comes with a settlement.
"""

from __future__ import annotations

from typing import Any

import httpx2
from sqlalchemy.orm import Session

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.external import PushResult
from core.channels.labels import BoughtLabel
from core.errors import Conflict
from core.errors import NotFound
from core.identity.deeds import say
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_by_id
from core.kernel.kernel import Kernel
from core.labelling.asking import BOUGHT
from core.labelling.asking import METHOD
from core.labelling.asking import REFUSED
from core.labelling.asking import UNKNOWN
from core.labelling.asking import VOIDED
from core.labelling.asking import WAITING
from core.labelling.asking import again
from core.labelling.booking import reverse_label
from core.labelling.buying import MAX_TEXT
from core.labelling.buying import SELLS_NONE
from core.labelling.buying import locked
from core.labelling.files import keep_file
from core.labelling.keeping import keep_bought
from core.labelling.models import Label
from core.orders.record import Actor
from core.orders.record import Record


def void(
    kernel: Kernel,
    company_id: int,
    label_id: int,
    actor: Actor,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> PushResult:
    """Give a label back that was not used; one that nobody was asked for yet is let go.

    Raises: NotFound, Conflict for one that is being bought or is none any more, ConnectorError,
    AddonFailed.
    """
    with kernel.db.write() as session:
        label = _label(session, company_id, label_id, lock=True)
        if label.state == WAITING and not label.attempts:
            _voided(session, label, actor)
            return PushResult(label.key, True)
        if label.state != BOUGHT or not label.ref:
            raise Conflict(
                f"The label {label.key} is {label.state}.",
                hint="Only one that was bought here can be given back; one that is being bought"
                " is settled first.",
            )
        connection = connection_by_id(session, label.connection_id, company_id=company_id)
        ref = label.ref
    answer: PushResult = _ask(kernel, connection, "void_label", ref, transport)
    with kernel.db.write() as session:
        label = locked(session, company_id, label_id)
        if label.state == BOUGHT and answer.taken:
            reverse_label(session, label, charged=again(session, label).charged)
            _voided(session, label, actor)
        elif label.state == BOUGHT:
            label.reason, label.row_version = answer.reason[:MAX_TEXT], label.row_version + 1
    return answer


def fetch(
    kernel: Kernel,
    company_id: int,
    label_id: int,
    actor: Actor,
    *,
    ref: str = "",
    transport: httpx2.BaseTransport | None = None,
) -> BoughtLabel:
    """Fetch a label again: its file, or all of one of which nobody knew whether it was bought.

    `ref` is what the seller calls it, as a person found it with him. Raises: NotFound, Conflict,
    ConnectorError, AddonFailed.
    """
    with kernel.db.read() as session:
        label = _label(session, company_id, label_id)
        if label.state not in (BOUGHT, UNKNOWN) or not (ref or label.ref):
            raise Conflict(
                f"The label {label.key} is {label.state}.",
                hint="Name what the seller calls it, if it was bought: --ref.",
            )
        connection = connection_by_id(session, label.connection_id, company_id=company_id)
        named = ref or label.ref
    made: BoughtLabel = _ask(kernel, connection, "fetch_label", named, transport)
    with kernel.db.write() as session:
        label = locked(session, company_id, label_id)
        label.row_version += 1
        if label.state == UNKNOWN:
            label.made_by = label.made_by or actor.name
            keep_bought(session, label, made, charged=again(session, label).charged)
        else:
            label.ref, label.tracking = made.ref, made.tracking or label.tracking
            if made.content:
                keep_file(session, label, made.content, made.kind)
    return made


def not_bought(session: Session, company_id: int, label_id: int, actor: Actor) -> None:
    """Say that a label was not bought of which nobody knew it: another one may be bought.

    Raises: NotFound, Conflict for one of which it is known.
    """
    label = _label(session, company_id, label_id, lock=True)
    if label.state != UNKNOWN:
        raise Conflict(
            f"The label {label.key} is {label.state}.", hint="Only one that is unknown is settled."
        )
    label.state, label.row_version = REFUSED, label.row_version + 1
    label.reason = f"Not bought, says {actor.name}."
    session.flush()
    say(session, company_id, "label.not_bought", f"order:{label.order_id}",
        after={"key": label.key}, by=actor.name)  # fmt: skip


def _voided(session: Session, label: Label, actor: Actor) -> None:
    label.state, label.voided_at, label.reason = VOIDED, clock.now(), ""
    label.row_version += 1
    session.flush()
    record = Record(session, label.company_id, actor)
    record.event(label.order_id, "label_voided", tracking=label.tracking)
    record.write()
    say(session, label.company_id, "label.voided", f"order:{label.order_id}",
        after={"key": label.key, "ref": label.ref}, by=actor.name)  # fmt: skip


def _ask(
    kernel: Kernel,
    connection: ConnectionInfo,
    method: str,
    ref: str,
    transport: httpx2.BaseTransport | None,
) -> Any:
    connector = connector_with(kernel, connection, METHOD, SELLS_NONE)
    with calling(kernel, connection, connector, transport) as call:  # noqa: SIM117
        with as_addon(kernel, connection.addon, f"connector:{method}", "Try it again."):
            return getattr(connector, method)(call, ref)


def _label(session: Session, company_id: int, label_id: int, *, lock: bool = False) -> Label:
    found = session.get(Label, (company_id, label_id), with_for_update=lock or None)
    if found is None:
        raise NotFound(f"There is no label {label_id}.", hint="`entrepot label list` shows them.")
    return found
