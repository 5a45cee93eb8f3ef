"""Bringing a plan on: one step after the other, each written down before it is asked for.

What a platform calls a step is kept before it is asked how far it is. A process that dies between
two leaves a step that may have been heard: the connector is told so, and looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import sqlalchemy as sa

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.capabilities import Call
from core.channels.inbound import BY_SHIPMENT
from core.channels.inbound import InboundAct
from core.channels.inbound import InboundAnswer
from core.channels.inbound import InboundOption
from core.channels.inbound import InboundOutcome
from core.channels.inbound import InboundShipment
from core.channels.inbound import InboundState
from core.ids import next_id
from core.inbound.models import InboundOperation
from core.inbound.models import InboundRow
from core.inbound.states import ASKED
from core.inbound.states import BOXING
from core.inbound.states import CANCELLED
from core.inbound.states import CHOOSING
from core.inbound.states import CLOSED
from core.inbound.states import DONE
from core.inbound.states import FAILED
from core.inbound.states import READY
from core.inbound.states import REFUSED
from core.inbound.states import SENDING
from core.inbound.states import TAKEN
from core.inbound.states import WORKING
from core.inbound.states import kept_option
from core.inbound.states import kept_shipment
from core.inbound.states import moved
from core.inbound.states import operations_of
from core.inbound.states import plan_of
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.kernel.leases import held

METHOD = "ask_inbound"
TASK = "inbound.bring_on"
LEASE_SECONDS = 600.0
MAX_TEXT = 2000


@dataclass(frozen=True, slots=True)
class _Next:
    """What is to be done with a plan; `operation` is the step's row, where it has one."""

    act: InboundAct
    shipment: str = ""
    operation: int | None = None
    ticket: str = ""
    again: bool = False


def bring_on(
    kernel: Kernel,
    connection: ConnectionInfo,
    keys: Sequence[str] = (),
    *,
    transport: httpx2.BaseTransport | None = None,
) -> int:
    """Bring the plans of a connection on as far as they go without a person; return how many.

    Raises: NotFound for a platform without such plans, Conflict when another process is at it,
    ConnectorError, AddonFailed; what was done is kept.
    """
    connector = connector_with(kernel, connection, METHOD, "takes no goods in")
    query = (
        sa.select(InboundRow.id)
        .where(
            InboundRow.company_id == connection.company_id,
            InboundRow.connection_id == connection.id,
            InboundRow.state.in_((WORKING, READY)),
        )
        .order_by(InboundRow.id)
    )
    with kernel.db.read() as session:
        found = list(session.scalars(query.where(InboundRow.key.in_(keys)) if keys else query))
    if not found:
        return 0
    with (
        held(kernel.db, f"inbound:{connection.id}", LEASE_SECONDS) as grant,
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
        as_addon(kernel, connection.addon, f"connector:{METHOD}", "It goes on by itself."),
    ):
        for plan_id in found:
            worker = _Worker(kernel, connection, connector, call, plan_id)
            while worker.step():
                grant.renew()
    with kernel.db.write() as session:
        note_success(session, connection)
    return len(found)


@dataclass(frozen=True, slots=True)
class _Worker:
    """One plan in the hands of one process."""

    kernel: Kernel
    connection: ConnectionInfo
    connector: Any
    call: Call
    plan_id: int

    def step(self) -> bool:
        """Do what comes next; False when there is nothing more to do now."""
        with self.kernel.db.read() as session:
            row = session.get_one(InboundRow, (self.connection.company_id, self.plan_id))
            made = operations_of(session, row)
        if row.state not in (WORKING, READY):
            return False
        found = self._next(row, made)
        if found is None:
            return self._follow(row)
        if found.ticket:
            return self._look(found)
        if found.operation is None and not self._is_prepared(found):
            return False
        return self._ask(found)

    def _row(self, session: Any) -> InboundRow:
        key = (self.connection.company_id, self.plan_id)
        row: InboundRow = session.get_one(InboundRow, key, with_for_update=True)
        return row

    def _next(self, row: InboundRow, made: Sequence[InboundOperation]) -> _Next | None:
        """Return the step that has not been done; what a person asked for beside comes first."""
        for each in made:
            if each.state in (SENDING, ASKED):
                act, again = InboundAct(each.act), each.state == SENDING and each.reason != "new"
                return _Next(act, each.shipment, each.id, each.ticket, again)
        done = {(each.act, each.shipment) for each in made if each.state == DONE}
        shipments = [each["ref"] for each in row.shipments]
        for act in self.connector.inbound_acts:
            for shipment in shipments if act in BY_SHIPMENT else [""]:
                if (act, shipment) not in done:
                    return _Next(act, shipment)
        return None

    def _is_prepared(self, found: _Next) -> bool:
        """Say whether a step may be asked for; else the plan waits for a person."""
        with self.kernel.db.read() as session:
            row = session.get_one(InboundRow, (self.connection.company_id, self.plan_id))
        if found.act is InboundAct.BOX and not row.boxes:
            self._wait(BOXING, found.act, [])
            return False
        what = TAKEN.get(found.act)
        if what is None:
            return True
        scopes = [each["ref"] for each in row.shipments] if what == "transport" else [""]
        scopes = [found.shipment] if what == "window" else scopes
        if all(scope in row.choices.get(what, {}) for scope in scopes):
            return True
        plan = plan_of(row)
        offered = [
            each
            for scope in scopes
            for each in self.connector.inbound_options(self.call, plan, what, scope)
        ]
        if (alone := _without_question(what, offered)) is not None:
            self._choose(what, found.shipment, alone)
            return True
        self._wait(CHOOSING, found.act, offered)
        return False

    def _wait(self, state: str, act: InboundAct, offered: Sequence[InboundOption]) -> None:
        with self.kernel.db.write() as session:
            row = self._row(session)
            row.options = [kept_option(each) for each in offered]
            nothing = state == CHOOSING and not offered
            why = "Nothing is offered for it." if nothing else ""
            moved(row, REFUSED if nothing else state, act=act, reason=why)

    def _choose(self, what: str, scope: str, option: InboundOption) -> None:
        with self.kernel.db.write() as session:
            row = self._row(session)
            row.choices = row.choices | {what: {**row.choices.get(what, {}), scope: option.ref}}
            if what == "packing":
                row.groups = {name: dict(each) for name, each in option.groups.items()}
            row.row_version += 1

    def _ask(self, found: _Next) -> bool:
        """Write a step down, ask for it, and keep what the platform calls it."""
        with self.kernel.db.write() as session:
            row = self._row(session)
            plan, number = plan_of(row), found.operation
            if number is None:
                number = next_id(session)
                session.add(new_operation(row, number, found.act, found.shipment))
            else:
                session.get_one(InboundOperation, (row.company_id, number)).reason = ""
        answer: InboundAnswer = self.connector.ask_inbound(
            self.call, plan, found.act, found.shipment, again=found.again
        )
        with self.kernel.db.write() as session:
            row = self._row(session)
            operation = session.get_one(InboundOperation, (row.company_id, number))
            row.external_ref = answer.ref or row.external_ref
            if answer.taken and answer.ticket:
                operation.state, operation.ticket = ASKED, answer.ticket
                moved(row, row.state, act=found.act)
            else:
                self._end(row, operation, answer.taken, answer.reason)
        return answer.taken

    def _look(self, found: _Next) -> bool:
        told: InboundOutcome = self.connector.inbound_outcome(self.call, found.ticket)
        if told.state is InboundState.WORKING:
            return False
        with self.kernel.db.write() as session:
            row = self._row(session)
            operation = session.get_one(InboundOperation, (row.company_id, found.operation))
            fine = told.state is InboundState.DONE
            self._end(row, operation, fine, "; ".join(told.problems))
        return fine

    def _end(self, row: InboundRow, operation: InboundOperation, fine: bool, reason: str) -> None:
        operation.state, operation.reason = DONE if fine else FAILED, reason[:MAX_TEXT]
        operation.ended_at = clock.now()
        if operation.act == InboundAct.CANCEL and fine:
            moved(row, CANCELLED)
        elif not fine:
            # A step beside the way, such as telling numbers, does not undo what was reached.
            moved(row, REFUSED, act=operation.act, reason=reason[:MAX_TEXT])
        else:
            moved(row, row.state, act=operation.act)
        if operation.act == InboundAct.TAKE_PLACEMENT and fine:
            row.options = []

    def _follow(self, row: InboundRow) -> bool:
        """Ask how the shipments of a plan stand whose steps are all done."""
        seen: Sequence[InboundShipment] = self.connector.read_inbound(self.call, plan_of(row))
        with self.kernel.db.write() as session:
            row = self._row(session)
            if row.state not in (WORKING, READY):
                return False
            row.shipments, row.options = [kept_shipment(each) for each in seen], []
            moved(row, CLOSED if all(each.finished for each in seen) else READY)
        return False


def new_operation(
    row: InboundRow, number: int, act: InboundAct, shipment: str = "", reason: str = ""
) -> InboundOperation:
    """Return a step that is about to be asked for; with the reason `new` it was not tried yet."""
    return InboundOperation(
        company_id=row.company_id,
        id=number,
        plan_id=row.id,
        act=act,
        shipment=shipment,
        state=SENDING,
        ticket="",
        reason=reason,
        began_at=clock.now(),
    )


def _without_question(what: str, offered: Sequence[InboundOption]) -> InboundOption | None:
    """Return what needs no person: the only way to pack that is free, the first free window."""
    free = [each for each in offered if not each.fees]
    if what == "window" and free:
        return free[0]
    return free[0] if what == "packing" and len(offered) == len(free) == 1 else None
