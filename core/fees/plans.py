"""How a shop's fees are estimated: its plan, the categories of its goods, and its own rates."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Sku
from core.channels.models import Shop
from core.db import any_of
from core.db import rows_of
from core.errors import InputError
from core.errors import NotFound
from core.fees.models import FeeRate
from core.fees.models import Plan
from core.fees.models import SkuCategory
from core.fees.schedules import FeeSchedule
from core.identity.actor import current_actor
from core.identity.audit import audit
from core.ids import next_id
from core.kernel import hooks
from core.ledger.chart import require_accounts
from core.money import scaled_text
from core.money import to_text

WAYS = ("own", "addon", "table", "recent")
"""The ways of estimating, in the order in which they are tried unless a plan says otherwise."""

EVERY = "*"
FULFILMENTS = ("platform", "seller")
BASES = ("price", "unit", "order")


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """The plan of a shop."""

    shop_id: int
    platform: str
    market: str
    category: str
    fulfilment: str
    preferences: Mapping[str, Sequence[str]]

    def ways(self, account: str) -> Sequence[str]:
        """Return the ways of estimating a fee of an account, the best first."""
        return self.preferences.get(account) or self.preferences.get(EVERY) or WAYS


def schedules_offered(session: Session) -> list[FeeSchedule]:
    """Return the fee schedules that enabled addons offer."""
    return [schedule for _, schedule in hooks.collect(session, "fee_schedules")]


def plans_of(session: Session, company_id: int) -> dict[int, PlanFacts]:
    """Return the plans of a company by shop."""
    query = sa.select(*(getattr(Plan, name) for name in _FACTS)).where(
        Plan.company_id == company_id
    )
    return {row.shop_id: PlanFacts(*row) for row in rows_of(session, query)}


_FACTS = ("shop_id", "platform", "market", "category", "fulfilment", "preferences")


def find_shop(session: Session, company_id: int, name: str) -> Any:
    """Return a shop by its name or its marketplace.

    Raises: NotFound, or InputError where several are called so.
    """
    query = sa.select(Shop.id, Shop.name, Shop.marketplace, Shop.currency).where(
        Shop.company_id == company_id, (Shop.name == name) | (Shop.marketplace == name)
    )
    found = rows_of(session, query)
    if not found:
        raise NotFound(f"There is no shop {name!r}.", hint="Its first import makes a shop.")
    if len(found) > 1:
        raise InputError(f"{len(found)} shops are called {name!r}.", where="shop")
    return found[0]


def use_plan(
    session: Session,
    company_id: int,
    shop_id: int,
    platform: str,
    market: str,
    *,
    category: str = "",
    fulfilment: str = "seller",
    preferences: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Say how the fees of a shop are estimated from now on; what was estimated stays.

    Raises: InputError for a way or an account that is not known.
    """
    preferences = dict(preferences or {})
    if fulfilment not in FULFILMENTS:
        raise InputError(f"{fulfilment!r} is neither platform nor seller.", where="fulfilment")
    if wrong := sorted({way for ways in preferences.values() for way in ways} - set(WAYS)):
        raise InputError(
            f"{wrong[0]!r} is no way of estimating.", where="prefer", hint=f"Of {', '.join(WAYS)}."
        )
    require_accounts(session, company_id, [a for a in preferences if a != EVERY])
    plan = session.scalar(
        sa.select(Plan).where(Plan.company_id == company_id, Plan.shop_id == shop_id)
    )
    if plan is None:
        plan = Plan(company_id=company_id, id=next_id(session), shop_id=shop_id, row_version=0)
        session.add(plan)
    plan.platform, plan.market, plan.category = platform, market, category
    plan.fulfilment, plan.row_version = fulfilment, plan.row_version + 1
    plan.preferences = {account: list(ways) for account, ways in preferences.items()}
    session.flush()
    after = {"platform": platform, "market": market, "category": category}
    audit(session, "fee.plan_set", f"shop:{shop_id}", after=after, company_id=company_id)


def set_categories(
    session: Session, company_id: int, platform: str, categories: Mapping[str, str]
) -> int:
    """Say in which categories of a platform SKUs are sold; return how many were changed.

    Raises: NotFound naming a SKU that is not there.
    """
    query = sa.select(Sku.code, Sku.id).where(
        Sku.company_id == company_id, any_of(session, Sku.code, sorted(categories))
    )
    ids = dict(rows_of(session, query))
    if missing := sorted(categories.keys() - ids.keys()):
        raise NotFound(f"There is no SKU {missing[0]!r}.", hint="Codes are told apart by case.")
    stored = {
        each.sku_id: each
        for each in session.scalars(
            sa.select(SkuCategory).where(
                SkuCategory.company_id == company_id,
                SkuCategory.platform == platform,
                any_of(session, SkuCategory.sku_id, list(ids.values())),
            )
        )
    }
    changed = {}
    for code, category in categories.items():
        known = stored.get(ids[code])
        if known is None:
            session.add(
                SkuCategory(
                    company_id=company_id, id=next_id(session), platform=platform,
                    sku_id=ids[code], category=category,
                )
            )  # fmt: skip
        elif known.category == category:
            continue
        else:
            known.category = category
        changed[code] = category
    session.flush()
    if changed:
        after = {"platform": platform, "categories": changed}
        audit(session, "fee.categories_set", platform, after=after, company_id=company_id)
    return len(changed)


def categories_of(
    session: Session, company_id: int, sku_ids: Collection[int]
) -> dict[tuple[str, int], str]:
    """Return the category of some SKUs by platform, where one is said."""
    query = sa.select(SkuCategory.platform, SkuCategory.sku_id, SkuCategory.category).where(
        SkuCategory.company_id == company_id,
        any_of(session, SkuCategory.sku_id, sorted(sku_ids)),
    )
    return {(row[0], row[1]): row[2] for row in rows_of(session, query)}


def say_rate(
    session: Session,
    company_id: int,
    shop_id: int,
    account: str,
    basis: str,
    amount: int,
    since: date,
) -> int:
    """Keep what something costs a shop from a day on; return the version of its own rates.

    Raises: InputError for an account, a basis or an amount that cannot be.
    """
    require_accounts(session, company_id, [account])
    if basis not in BASES:
        raise InputError(f"{basis!r} is none of {', '.join(BASES)}.", where="basis")
    if amount < 0 or not "6000" <= account < "8000":
        raise InputError(
            "Only a cost of an order can be estimated: an account from 6000 to 7999, and no"
            " negative amount.",
            where=account,
        )
    query = sa.select(sa.func.max(FeeRate.version)).where(
        FeeRate.company_id == company_id, FeeRate.shop_id == shop_id
    )
    version = 1 + (session.scalar(query) or 0)
    session.add(
        FeeRate(
            company_id=company_id, id=next_id(session), shop_id=shop_id, version=version,
            account=account, basis=basis, amount=amount, since=since,
            made_by=current_actor().name, made_at=clock.now(),
        )
    )  # fmt: skip
    session.flush()
    after = {"account": account, "basis": basis, "amount": amount, "since": since.isoformat()}
    audit(session, "fee.rate_said", f"shop:{shop_id}:{version}", after=after, company_id=company_id)
    return version


def own_rates(session: Session, company_id: int) -> Sequence[Any]:
    """Return what a company says that things cost, in the order in which it said so."""
    names = ("shop_id", "version", "account", "basis", "amount", "since")
    query = (
        sa.select(*(getattr(FeeRate, name) for name in names))
        .where(FeeRate.company_id == company_id)
        .order_by(FeeRate.shop_id, FeeRate.version)
    )
    return rows_of(session, query)


def list_plans(session: Session, company_id: int) -> list[dict[str, Any]]:
    """Return how the fees of each shop are estimated, amounts as decimal text."""
    query = sa.select(Shop.id, Shop.name, Shop.currency).where(Shop.company_id == company_id)
    found, own = plans_of(session, company_id), own_rates(session, company_id)
    rows = []
    for shop in rows_of(session, query.order_by(Shop.name, Shop.id)):
        plan = found.get(shop.id)
        if plan is None:
            continue
        rates = [_shown(rate, shop.currency) for rate in own if rate.shop_id == shop.id]
        rows.append(
            {
                "shop": shop.name,
                "platform": plan.platform,
                "market": plan.market,
                "category": plan.category,
                "fulfilment": plan.fulfilment,
                "preferences": {k: list(v) for k, v in plan.preferences.items()},
                "rates": rates,
            }
        )
    return rows


def _shown(rate: Any, currency: str) -> dict[str, Any]:
    share = rate.basis == "price"
    return {
        "account": rate.account,
        "basis": rate.basis,
        "amount": f"{scaled_text(rate.amount, 4)} %" if share else to_text(rate.amount, currency),
        "since": rate.since.isoformat() if rate.since != date.min else None,
        "version": rate.version,
    }
