"""Hooks around orders that come in from channels."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.connections import ConnectionInfo
    from core.rules.actions import RuleAction
    from core.rules.actions import RuledOrder
    from core.rules.fields import RuleField


@hookspec(kind="observe")
def orders_imported(orders: Sequence[object], connection: ConnectionInfo, session: Session) -> None:
    """After a batch of channel orders was stored, before the commit.

    Write rows of your own tables here. No network: enqueue a job for anything that leaves the
    house. `orders` are frozen copies in the order they were applied.
    """


@hookspec(kind="resolve", answer=Mapping)
def warehouse_for_orders(orders: Sequence[object], session: Session) -> Mapping[int, int] | None:
    """Choose the warehouse of each order of the batch: order id to warehouse id.

    Return None to leave the choice to the core, which takes the default warehouse of the shop.
    Two addons that both answer are an error, so that no order is routed twice.
    """


@hookspec(kind="collect")
def rule_fields() -> Sequence[RuleField]:
    """Offer fields (`core.api.RuleField`) that a condition of a rule may ask for.

    A field is called `<addon>.<word>`; while the addon is disabled its rules are not asked.
    """
    raise NotImplementedError


@hookspec(kind="collect")
def rule_values(
    fields: Sequence[str], orders: Sequence[int], company_id: int, session: Session
) -> Sequence[tuple[int, str, object]]:
    """Tell the values of your fields: of each order that has one its id, the field, the value.

    Text for a field of kind `text`, texts for a `set`, a whole number for the others: minor units
    of the order's currency for `money`, hundredths for `percent`. Answer for all orders by sets.
    """
    raise NotImplementedError


@hookspec(kind="collect")
def rule_actions() -> Sequence[RuleAction]:
    """Offer actions (`core.api.RuleAction`) that a rule may ask for, called `<addon>.<word>`."""
    raise NotImplementedError


@hookspec(kind="observe")
def orders_ruled(rulings: Sequence[RuledOrder], company_id: int, session: Session) -> None:
    """After rules asked for actions of addons (`core.api.RuledOrder`), before the commit.

    Do what your own actions ask for, in tables of your own; the others are not yours.
    """
