"""What is known of orders when rules are asked, fetched by sets; only what some rule asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.addresses.checking import check_address
from core.catalog.bundles import parts_of
from core.catalog.models import Sku
from core.channels.connector import LineKind
from core.channels.models import Shop
from core.db import any_of
from core.db import rows_of
from core.errors import KernelError
from core.kernel import hooks
from core.kernel.models import Company
from core.money import MICRO
from core.money import minor_digits
from core.money import round_div
from core.orders.models import Order
from core.orders.models import OrderLine
from core.prepared import Prepared
from core.prepared import Question
from core.prepared import among
from core.privacy.records import address_marks
from core.privacy.records import read_people
from core.rules.fields import OrderFacts
from core.rules.fields import RuleField
from core.rules.fields import Value
from core.rules.models import OrderChoice
from core.rules.models import OrderTag
from core.rules.rule import Vocabulary
from core.stock.models import Level

RULE = "rule"
"""The source of a tag that a rule has set: rules are asked anew without it."""


_COMPANY: sa.BindParameter[int] = sa.bindparam("company")
_HEADS = Prepared(
    sa.select(
        Order.id,
        Order.external_ref,
        Order.platform,
        Order.account,
        Shop.marketplace,
        Order.country,
        Order.currency,
    )
    .join(Shop, sa.and_(Shop.company_id == Order.company_id, Shop.id == Order.shop_id))
    .where(Order.company_id == _COMPANY, among(Order.id, "orders"))
    .order_by(Order.id)
)
_LINES = Prepared(
    sa.select(
        OrderLine.order_id,
        OrderLine.kind,
        OrderLine.sku_id,
        OrderLine.code,
        OrderLine.quantity,
        OrderLine.net_amount,
    ).where(
        OrderLine.company_id == _COMPANY,
        OrderLine.cancelled_quantity == 0,
        among(OrderLine.order_id, "orders"),
    )
)
_SKUS = Prepared(
    sa.select(Sku.id, Sku.code, Sku.weight_grams).where(
        Sku.company_id == _COMPANY, among(Sku.id, "skus")
    )
)


class Head(NamedTuple):
    """The head of an order."""

    id: int
    external_ref: str
    platform: str
    account: str
    marketplace: str
    country: str
    currency: str


class SoldLine(NamedTuple):
    """A line of an order."""

    order_id: int
    kind: str
    sku_id: int | None
    code: str
    quantity: int
    net: int


SkuFacts = Mapping[int, tuple[str, int | None]]
"""Of each SKU its code and its weight."""


@dataclass(frozen=True, slots=True)
class Known:
    """Orders whose heads and lines somebody has in hand already; he may know their SKUs too."""

    heads: Sequence[Head]
    lines: Sequence[SoldLine]
    skus: SkuFacts | None = None


def load_facts(
    session: Session,
    company_id: int,
    order_ids: Collection[int],
    asked: Collection[str],
    words: Vocabulary,
    known: Known | None = None,
) -> list[OrderFacts]:
    """Return what the asked fields need to be known of some orders, in the order of their ids.

    What is `known` is not asked again; it holds all of the orders or more.
    """
    facts = _heads(session, company_id, sorted(order_ids), known)
    if not facts:
        return []
    wanted = set(asked)
    goods = _add_lines(session, company_id, facts, known)
    if wanted & {"sku", "weight"}:
        _add_skus(session, company_id, facts, goods, known)
    if wanted & {"profit", "margin"}:
        _add_costs(session, company_id, facts, goods)
    for names, add in _FURTHER:
        if wanted & names:
            add(session, company_id, facts)
    _add_extra(session, company_id, facts, wanted, words)
    return list(facts.values())


Goods = Mapping[int, Sequence[tuple[int | None, str, int]]]
"""Of each order its goods: SKU, platform code and quantity."""


def _heads(
    session: Session, company_id: int, order_ids: Sequence[int], known: Known | None
) -> dict[int, OrderFacts]:
    rows = (
        _HEADS.rows(session, company=company_id, orders=order_ids)
        if known is None
        else sorted(head for head in known.heads if head.id in order_ids)
    )
    return {
        row.id: OrderFacts(
            row.id,
            ref=row.external_ref,
            shop=f"{row.platform}/{row.account}/{row.marketplace}",
            platform=row.platform,
            account=row.account,
            country=row.country,
            currency=row.currency,
        )
        for row in rows
    }


def _add_lines(
    session: Session, company_id: int, facts: Mapping[int, OrderFacts], known: Known | None
) -> Goods:
    rows = (
        _LINES.rows(session, company=company_id, orders=list(facts))
        if known is None
        else [line for line in known.lines if line.order_id in facts]
    )
    goods: defaultdict[int, list[tuple[int | None, str, int]]] = defaultdict(list)
    for order_id, kind, sku_id, code, quantity, net in rows:
        order = facts[order_id]
        order.amount += net
        if kind == LineKind.SALE:
            order.items += quantity
            order.lines += 1
            goods[order_id].append((sku_id, code, quantity))
    return goods


def asked_skus(company_id: int, sku_ids: Collection[int]) -> Question:
    """Return the question what rules ask of some SKUs, to be asked with others."""
    return _SKUS, {"company": company_id, "skus": sorted(set(sku_ids))}


def answered_skus(rows: Iterable[Any]) -> dict[int, tuple[str, int | None]]:
    """Return what was answered to `asked_skus`."""
    return {row[0]: (row[1], row[2]) for row in rows}


def _sku_facts(
    session: Session, company_id: int, sku_ids: Collection[int], known: Known | None
) -> SkuFacts:
    if known is not None and known.skus is not None and known.skus.keys() >= set(sku_ids):
        return known.skus
    query, values = asked_skus(company_id, sku_ids)
    return answered_skus(query.rows(session, **values))


def _add_skus(
    session: Session,
    company_id: int,
    facts: Mapping[int, OrderFacts],
    goods: Goods,
    known: Known | None,
) -> None:
    ids = {sku_id for lines in goods.values() for sku_id, _, _ in lines if sku_id}
    found = _sku_facts(session, company_id, ids, known)
    for order_id, lines in goods.items():
        # A code that is not mapped yet counts by itself, so that a rule can ask for it.
        facts[order_id].skus = frozenset(found[s][0] if s else code for s, code, _ in lines)
        weights = [found[s][1] if s else None for s, _, _ in lines]
        if all(weight is not None for weight in weights):
            facts[order_id].weight = sum(
                (weight or 0) * quantity
                for weight, (_, _, quantity) in zip(weights, lines, strict=True)
            )


def _add_costs(
    session: Session, company_id: int, facts: Mapping[int, OrderFacts], goods: Goods
) -> None:
    """Tell the expected profit of orders in the company's currency whose goods all have a cost."""
    home = session.scalar(sa.select(Company.currency).where(Company.id == company_id))
    ids = {sku_id for lines in goods.values() for sku_id, _, _ in lines if sku_id}
    parts = parts_of(session, company_id, ids)
    costs = _unit_costs(session, company_id, {part for made in parts.values() for part, _ in made})
    for order_id, lines in goods.items():
        order = facts[order_id]
        needed = [
            (costs.get(part, 0), each * quantity)
            for sku_id, _, quantity in lines
            for part, each in parts.get(sku_id or 0, ((0, 1),))
        ]
        if order.currency != home or not all(cost for cost, _ in needed):
            continue
        micro = sum(cost * quantity for cost, quantity in needed)
        order.profit = order.amount - round_div(micro, MICRO // 10 ** minor_digits(order.currency))
        if order.amount > 0:
            order.margin = round_div(order.profit * 10_000, order.amount)


def _unit_costs(session: Session, company_id: int, sku_ids: Collection[int]) -> dict[int, int]:
    """Return the last known cost of SKUs, of the warehouse that came first."""
    query = (
        sa.select(Level.sku_id, Level.last_unit_cost)
        .where(
            Level.company_id == company_id,
            Level.last_unit_cost > 0,
            any_of(session, Level.sku_id, sorted(sku_ids)),
        )
        .order_by(Level.warehouse_id.desc(), Level.id.desc())
    )
    return {row[0]: row[1] for row in rows_of(session, query)}


def _add_tags(session: Session, company_id: int, facts: Mapping[int, OrderFacts]) -> None:
    query = sa.select(OrderTag.order_id, OrderTag.tag).where(
        OrderTag.company_id == company_id,
        OrderTag.source != RULE,
        any_of(session, OrderTag.order_id, list(facts)),
    )
    for order_id, tag in rows_of(session, query):
        facts[order_id].tags = facts[order_id].tags | {tag.casefold()}


def _add_services(session: Session, company_id: int, facts: Mapping[int, OrderFacts]) -> None:
    query = sa.select(OrderChoice.id, OrderChoice.requested_service).where(
        OrderChoice.company_id == company_id,
        OrderChoice.requested_service.is_not(None),
        any_of(session, OrderChoice.id, list(facts)),
    )
    for order_id, service in rows_of(session, query):
        facts[order_id].service = service.casefold()


def _add_marks(session: Session, company_id: int, facts: Mapping[int, OrderFacts]) -> None:
    marks = address_marks(session, company_id, facts)
    for order_id, order in facts.items():
        found = marks.get(order_id)
        # Of an order without an address nothing is known, not even that it is no PO box.
        order.flags = (
            frozenset((*found.flags, *(("problem",) if found.problems else ()))) if found else None
        )


def _add_people(session: Session, company_id: int, facts: Mapping[int, OrderFacts]) -> None:
    try:
        people = read_people(session, company_id, facts)
    except KernelError:
        # Without the key nothing personal is known; an import must not stop for that.
        return
    for order_id, person in people.items():
        facts[order_id].note = person.note.casefold()
        facts[order_id].postcode = check_address(person.address).address.postcode


_FURTHER: tuple[tuple[frozenset[str], Callable[..., None]], ...] = (
    (frozenset({"tag"}), _add_tags),
    (frozenset({"service"}), _add_services),
    (frozenset({"address"}), _add_marks),
    (frozenset({"note", "postcode"}), _add_people),
)


def _add_extra(
    session: Session,
    company_id: int,
    facts: Mapping[int, OrderFacts],
    wanted: Iterable[str],
    words: Vocabulary,
) -> None:
    """Ask addons for the values of their fields; a value of another kind is not known."""
    theirs = tuple(sorted(name for name in wanted if "." in name and name in words.fields))
    if not theirs:
        return
    found: defaultdict[int, dict[str, Value]] = defaultdict(dict)
    offered = hooks.collect(
        session, "rule_values", fields=theirs, orders=tuple(facts), company_id=company_id
    )
    for addon, item in offered:
        order_id, name, value = item
        if name in theirs and name.startswith(f"{addon}.") and order_id in facts:
            found[order_id][name] = _of_kind(words.fields[name], value)
    for order_id, extra in found.items():
        facts[order_id].extra = extra


def _of_kind(field: RuleField, value: object) -> Value:
    if field.kind == "text" and isinstance(value, str):
        return value.casefold() if field.fold else value
    if field.kind == "set" and isinstance(value, set | frozenset | list | tuple):
        return frozenset(str(each).casefold() if field.fold else str(each) for each in value)
    if isinstance(value, int) and not isinstance(value, bool) and field.kind not in ("text", "set"):
        return value
    return None
