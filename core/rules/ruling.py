"""Asking the live rules about orders and writing down what they say: choices, tags and why."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.db import table_of
from core.db import utc_text
from core.ids import next_ids
from core.kernel import hooks
from core.orders.record import Record
from core.prepared import Prepared
from core.prepared import among
from core.rows import bulk_insert
from core.rows import bulk_update
from core.rules.actions import RuledOrder
from core.rules.evaluating import Decision
from core.rules.evaluating import Hit
from core.rules.evaluating import Ruleset
from core.rules.fields import FIELDS
from core.rules.knowing import RULE
from core.rules.knowing import Known
from core.rules.knowing import load_facts
from core.rules.models import OrderChoice
from core.rules.models import OrderTag
from core.rules.rule import Condition
from core.rules.storing import deciding_ruleset
from core.stock.warehouses import warehouse_ids

_CHOSEN = Prepared(
    sa.select(OrderChoice.id, OrderChoice.service, OrderChoice.warehouse_id).where(
        OrderChoice.company_id == sa.bindparam("company"), among(OrderChoice.id, "orders")
    )
)
_TAGGED = Prepared(
    sa.select(OrderTag.id, OrderTag.order_id, OrderTag.tag).where(
        OrderTag.company_id == sa.bindparam("company"),
        OrderTag.source == RULE,
        among(OrderTag.order_id, "orders"),
    )
)

Queues = Mapping[int, Collection[str]]
"""Of each order the queues that it is in, those included that are not written yet."""


def ask_rules(
    session: Session, company_id: int, orders: Queues, known: Known | None = None
) -> dict[int, Decision]:
    """Return what the live rules say of some orders; orders that no rule meets are missing.

    Heads and lines of the orders may be `known` already.
    """
    rules = deciding_ruleset(session, company_id) if orders else None
    return {} if rules is None else ask(session, company_id, rules, orders, known)


def ask(
    session: Session,
    company_id: int,
    rules: Ruleset,
    orders: Queues,
    known: Known | None = None,
) -> dict[int, Decision]:
    """Return what some rules say of some orders."""
    wanted = rules.fields - {"queue"}
    facts = load_facts(session, company_id, orders.keys(), wanted, rules.words, known)
    for order in facts:
        order.queues = frozenset(orders[order.id])
    return {each.order_id: each for each in rules.decide_all(facts) if each.hits}


def write_down(
    session: Session,
    company_id: int,
    order_ids: Collection[int],
    decisions: Mapping[int, Decision],
    record: Record,
    *,
    again: bool = True,
) -> None:
    """Store what was chosen for orders in place of earlier choices, and why on their timelines.

    Without `again` the orders were never ruled: there are no earlier choices to look for.
    """
    _write_choices(session, company_id, order_ids, decisions, again=again)
    _write_tags(session, company_id, order_ids, decisions, again=again)
    for order_id, decision in sorted(decisions.items()):
        record.event(order_id, "ruled", rules=[told(hit) for hit in decision.hits])
    rulings = tuple(
        RuledOrder(order_id, action.do, action.value, rule.name)
        for order_id, decision in sorted(decisions.items())
        for action, rule in decision.others
    )
    if rulings:
        hooks.observe(session, "orders_ruled", rulings=rulings, company_id=company_id)


def warehouses_chosen_by(
    session: Session, company_id: int, decisions: Mapping[int, Decision]
) -> dict[int, int]:
    """Return the warehouses that decisions choose for orders, where the company has them."""
    chosen = {
        order_id: code
        for order_id, decision in decisions.items()
        if (code := decision.chosen("warehouse")) is not None
    }
    ids = warehouse_ids(session, company_id) if chosen else {}
    return {order_id: ids[code] for order_id, code in chosen.items() if code in ids}


def chosen_warehouses(
    session: Session, company_id: int, order_ids: Collection[int]
) -> dict[int, int]:
    """Return the warehouses that rules chose for some orders."""
    rows = _CHOSEN.rows(session, company=company_id, orders=sorted(order_ids))
    return {row[0]: row[2] for row in rows if row[2] is not None}


def note_services(session: Session, company_id: int, services: Mapping[int, str]) -> None:
    """Note which shipping service the buyers of orders asked for; the first word holds."""
    rows = [(company_id, order_id, service, 1) for order_id, service in sorted(services.items())]
    columns = ["company_id", "id", "requested_service", "row_version"]
    bulk_insert(session, table_of(OrderChoice), columns, rows, missing=True)


def told(hit: Hit) -> dict[str, Any]:
    """Return a hit as the timeline keeps it."""
    return {
        "rule": hit.rule.name,
        "id": hit.rule.id,
        "version": hit.rule.version,
        "why": [
            {"field": c.field, "operator": c.operator, "value": _wanted(c), "found": found}
            for c, found in hit.why
        ],
        "done": [{"do": action.do, "value": action.value} for action in hit.done],
        "left": [
            {"do": left.action.do, "value": left.action.value, "decided_by": left.decided_by.name}
            for left in hit.left
        ],
    }


def _wanted(condition: Condition) -> list[str]:
    # What a personal value was found equal to would tell it for ever.
    field = FIELDS.get(condition.field)
    return [] if field is not None and field.personal else list(condition.value)


def _write_choices(
    session: Session,
    company_id: int,
    order_ids: Collection[int],
    decisions: Mapping[int, Decision],
    *,
    again: bool,
) -> None:
    table, now = table_of(OrderChoice), utc_text(clock.now())
    warehouses = warehouses_chosen_by(session, company_id, decisions)
    chosen: dict[int, tuple[str | None, int | None]] = {
        order_id: (decision.chosen("service"), warehouses.get(order_id))
        for order_id, decision in sorted(decisions.items())
        if decision.chosen("service") or order_id in warehouses
    }
    if again:
        blank = [(company_id, order_id, 1) for order_id in chosen]
        bulk_insert(session, table, ["company_id", "id", "row_version"], blank, missing=True)
    wanted = {**dict.fromkeys(order_ids if again else (), (None, None)), **chosen}
    known = _CHOSEN.rows(session, company=company_id, orders=sorted(wanted)) if wanted else ()
    there = {row.id for row in known}
    new = [
        (company_id, order_id, *choice, now, 1)
        for order_id, choice in chosen.items()
        if order_id not in there
    ]
    columns = ["company_id", "id", "service", "warehouse_id", "ruled_at", "row_version"]
    bulk_insert(session, table, columns, new)
    changed = [
        (company_id, row.id, *wanted[row.id], now)
        for row in known
        if (row.service, row.warehouse_id) != wanted[row.id]
    ]
    bulk_update(
        session,
        table,
        ["company_id", "id", "service", "warehouse_id", "ruled_at"],
        changed,
        assign=(
            "service = {service}, warehouse_id = {warehouse_id}, ruled_at = {ruled_at},"
            " row_version = row_version + 1"
        ),
    )


def _write_tags(
    session: Session,
    company_id: int,
    order_ids: Collection[int],
    decisions: Mapping[int, Decision],
    *,
    again: bool,
) -> None:
    """Let orders have the tags that rules give them now, and no longer those of earlier rulings."""
    table = table_of(OrderTag)
    wanted = {(order_id, tag) for order_id, d in decisions.items() for tag in d.tags}
    before = sorted(order_ids) if again else ()
    known = _TAGGED.rows(session, company=company_id, orders=before) if before else ()
    gone = [row.id for row in known if (row.order_id, row.tag) not in wanted]
    if gone:
        session.connection().execute(
            sa.delete(table).where(
                table.c.company_id == company_id, any_of(session, table.c.id, gone)
            )
        )
    missing = sorted(wanted - {(row.order_id, row.tag) for row in known})
    _insert_tags(session, company_id, missing, RULE)


def _insert_tags(
    session: Session, company_id: int, tags: Sequence[tuple[int, str]], source: str
) -> None:
    rows = [
        (company_id, new_id, order_id, tag, source)
        for new_id, (order_id, tag) in zip(next_ids(session, len(tags)), tags, strict=True)
    ]
    columns = ["company_id", "id", "order_id", "tag", "source"]
    bulk_insert(session, table_of(OrderTag), columns, rows, missing=True)
