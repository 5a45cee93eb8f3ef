"""Publish rules: set in versions, looked up from the widest to the narrowest."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import say
from core.ids import next_id
from core.publishing.models import Pool
from core.publishing.models import PoolWarehouse
from core.publishing.models import Rule
from core.publishing.reckoning import TERMS
from core.publishing.reckoning import Terms
from core.publishing.reckoning import merged
from core.stock.models import Warehouse


class Scope(NamedTuple):
    """What a rule holds for; empty means all of it."""

    platform: str = ""
    account: str = ""
    sku_id: int = 0

    @property
    def chain(self) -> tuple[Scope, ...]:
        """Return the scopes that hold here, the widest first."""
        platform, account, sku = self
        every = (
            Scope(),
            Scope(platform),
            Scope(platform, account),
            Scope("", "", sku),
            Scope(platform, "", sku),
            self,
        )
        return tuple(dict.fromkeys(every))


class Rules:
    """The rules of a company as they stand now."""

    def __init__(self, session: Session, company_id: int) -> None:
        query = sa.select(Rule).where(Rule.company_id == company_id, Rule.replaced_at.is_(None))
        self._terms = {
            Scope(rule.platform, rule.account, rule.sku_id): Terms(
                **{name: getattr(rule, name) for name in TERMS}
            )
            for rule in session.scalars(query)
        }

    def terms(self, scope: Scope) -> Terms:
        """Return what holds for a SKU in a shop."""
        return merged(self._terms[each] for each in scope.chain if each in self._terms)


def set_rule(
    session: Session,
    company_id: int,
    scope: Scope,
    terms: Terms,
    *,
    note: str = "",
    actor: str = "",
) -> Rule:
    """Let new terms hold for a scope from now on; what held before is kept as its last version.

    Raises: InputError for terms that make no sense, NotFound for a pool.
    """
    check_terms(session, company_id, scope, terms)
    last = session.scalars(
        sa.select(Rule)
        .where(
            Rule.company_id == company_id,
            Rule.platform == scope.platform,
            Rule.account == scope.account,
            Rule.sku_id == scope.sku_id,
            Rule.replaced_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()
    now = clock.now()
    if last is not None:
        last.replaced_at = now
        session.flush()
    rule = Rule(
        company_id=company_id,
        id=next_id(session),
        platform=scope.platform,
        account=scope.account,
        sku_id=scope.sku_id,
        version=last.version + 1 if last is not None else 1,
        note=note,
        actor=actor,
        made_at=now,
        **{name: getattr(terms, name) for name in TERMS},
    )
    session.add(rule)
    session.flush()
    before = None if last is None else _told(last)
    subject = f"publish_rule:{rule.id}"
    after = {"scope": scope._asdict(), **_told(rule)}
    say(session, company_id, "publish_rule.set", subject, before=before, after=after, by=actor)
    return rule


def _told(rule: Rule) -> dict[str, object]:
    """Return the terms of a rule that say something, for the audit trail."""
    terms = {name: getattr(rule, name) for name in TERMS}
    return {"version": rule.version} | {k: v for k, v in terms.items() if v is not None}


def list_rules(session: Session, company_id: int, *, history: bool = False) -> Sequence[Rule]:
    """Return the rules that hold, the widest first, or with `history` every version."""
    query = sa.select(Rule).where(Rule.company_id == company_id)
    if not history:
        query = query.where(Rule.replaced_at.is_(None))
    order = (Rule.platform, Rule.account, Rule.sku_id, Rule.version.desc())
    return session.scalars(query.order_by(*order)).all()


def make_pool(session: Session, company_id: int, code: str, warehouses: Sequence[str]) -> Pool:
    """Make a pool of warehouses.

    A platform's own warehouse belongs in a pool only where its goods may be sent to buyers of
    other platforms.

    Raises: InputError, NotFound, Conflict for a code that is taken.
    """
    if not code.strip() or not warehouses:
        raise InputError("a pool has a name and at least one warehouse.", where="pool")
    query = sa.select(Pool.id).where(Pool.company_id == company_id, Pool.code == code)
    if session.scalar(query) is not None:
        raise Conflict(f"There is a pool {code} already.")
    named = sa.select(Warehouse.code, Warehouse.id).where(
        Warehouse.company_id == company_id,
        any_of(session, Warehouse.code, sorted(set(warehouses))),
        Warehouse.kind != "transit",
    )
    found: dict[str, int] = dict(session.execute(named).all())
    if missing := sorted(set(warehouses) - found.keys()):
        raise NotFound(f"There is no warehouse {missing[0]!r} from which goods are sold.")
    pool = Pool(company_id=company_id, id=next_id(session), code=code, created_at=clock.now())
    session.add(pool)
    session.flush()
    session.add_all(
        PoolWarehouse(
            company_id=company_id, id=next_id(session), pool_id=pool.id, warehouse_id=warehouse_id
        )
        for warehouse_id in found.values()
    )
    session.flush()
    facts = {"code": code, "warehouses": sorted(found)}
    say(session, company_id, "publish_pool.added", f"pool:{pool.id}", after=facts)
    return pool


def pools_of(session: Session, company_id: int) -> Mapping[str, int]:
    """Return a company's pools by code."""
    query = sa.select(Pool.code, Pool.id).where(Pool.company_id == company_id)
    return dict(session.execute(query.order_by(Pool.code)).all())


def check_terms(session: Session, company_id: int, scope: Scope, terms: Terms) -> None:
    """Refuse terms that make no sense.

    Raises: InputError naming the term, NotFound for a pool.
    """
    if scope.account and not scope.platform:
        raise InputError("a shop is named with its platform.", where="platform")
    for name in TERMS:
        value = getattr(terms, name)
        if value is not None and value < 0:
            raise InputError("it must not be less than 0.", where=name)
    if terms.share is not None and terms.share > 100:
        raise InputError("no more than 100 per cent can be shown.", where="share")
    if terms.pool_id and terms.pool_id not in pools_of(session, company_id).values():
        raise NotFound("There is no such pool.")
