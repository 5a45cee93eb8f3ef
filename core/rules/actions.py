"""What a rule may do with an order: each action with the value that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STOP = "stop"
TAG = "tag"
HOLD = "hold"
APPROVE = "approve"
SPLIT = "split"
WAREHOUSE = "warehouse"
SERVICE = "service"


@dataclass(frozen=True, slots=True)
class RuleAction:
    """An action; `name` of an addon's action is `<addon>.<word>`.

    Of the actions of one `slot` the first that a rule asks for is done, later ones are left; an
    action without a slot never stands against another. `choices` are the values that it takes: ()
    is none, None any text. The hook `orders_ruled` tells an addon which orders got its action.
    """

    name: str
    title: str
    slot: str | None
    choices: tuple[str, ...] | None = None
    help: str = ""


ACTIONS: Mapping[str, RuleAction] = {
    each.name: each
    for each in (
        RuleAction(
            WAREHOUSE,
            "Send from warehouse",
            "warehouse",
            help="The code of a warehouse; it comes first, others serve when it lacks the goods.",
        ),
        RuleAction(
            SERVICE,
            "Use carrier service",
            "service",
            help="What labels are bought with, in the words of the carrier's addon.",
        ),
        RuleAction(TAG, "Add tag", None, help="One word or a few; later rules can ask for it."),
        RuleAction(
            HOLD,
            "Hold",
            "fate",
            ("parked", "locked"),
            help="`parked` keeps the goods, `locked` gives them back.",
        ),
        RuleAction(
            APPROVE,
            "Approve",
            "fate",
            (),
            help="Accepts what would otherwise wait for a person: a likely duplicate, a loss, an"
            " address. Not a code without SKU, nor a missing payment.",
        ),
        RuleAction(
            SPLIT,
            "Split",
            "split",
            ("stock", "warehouse"),
            help="`stock` sends what is there first, `warehouse` makes an order for each one.",
        ),
        RuleAction(STOP, "Ask no further rules", None, (), help="Rules below are not asked."),
    )
}


@dataclass(frozen=True, slots=True)
class RuledOrder:
    """An order for which a rule asked for an addon's action."""

    order_id: int
    action: str
    value: str
    rule: str
