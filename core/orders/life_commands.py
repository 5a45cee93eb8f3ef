"""Commands of the life of orders: `entrepot order …`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy.orm import Session

from core.fulfilling.choosing import send_from
from core.invoicing.correcting import correct_tax_and_invoices
from core.kernel.connections import get_connection
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.kernel import Kernel
from core.orders import exceptions
from core.orders.answering import answer_cancellation
from core.orders.approving import approve
from core.orders.approving import mark_paid
from core.orders.approving import solve
from core.orders.cancelling import cancel
from core.orders.cancelling import cancel_lines
from core.orders.cancelling import confirm_cancel
from core.orders.cancelling import refuse_cancel
from core.orders.holding import hold
from core.orders.holding import resume
from core.orders.inspecting import inspect
from core.orders.late_numbers import keep_tax
from core.orders.lookups import Account
from core.orders.mapping import map_code
from core.orders.merging import merge
from core.orders.merging import separate
from core.orders.naming import all_quantities
from core.orders.naming import find_orders
from core.orders.naming import line_quantities
from core.orders.naming import open_lines
from core.orders.naming import read_quantities
from core.orders.outcome import Outcome
from core.orders.record import Actor
from core.orders.releasing import STEPS
from core.orders.releasing import advance
from core.orders.releasing import recall
from core.orders.releasing import release
from core.orders.replacing import exchange
from core.orders.replacing import reship
from core.orders.shipping import ship
from core.orders.splitting import split
from core.orders.taking_back import DISPOSITIONS
from core.orders.taking_back import take_back

Verb = Callable[..., list[Outcome]]

why_option = click.option("--why", default="", help="Why, in a few words; kept on the timeline.")
lines_option = click.option(
    "--line", "lines", multiple=True, metavar="CODE=QUANTITY", help="Only this; may be repeated."
)


def act(
    kernel: Kernel, options: dict[str, Any], apply: Callable[[Session, int, Actor], Any]
) -> None:
    """Apply a verb in one transaction and print what came of it."""
    actor = Actor(acting_user() or "operator", options["why"])
    with kernel.db.write() as session:
        company_id = chosen_company(session, options["company_code"]).id
        found: list[Outcome] = apply(session, company_id, actor)
    _show(found, options)


def _show(found: Sequence[Outcome], options: dict[str, Any]) -> None:
    if options["as_json"]:
        print_json({"orders": [asdict(outcome) for outcome in found]})
        return
    rows = [(o.order, o.state, ", ".join(o.exceptions)) for o in found]
    print_table(("Order", "State", "Exceptions"), rows)


def simple(name: str, verb: Verb, words: str, *extra: Any, **fixed: Any) -> click.Command:
    """Return the command of a verb that takes orders only."""

    @click.argument("orders", nargs=-1, required=True)
    @why_option
    @company_option
    @json_option
    @pass_kernel
    def run(kernel: Kernel, /, **options: Any) -> None:
        common = ("orders", "why", "company_code", "as_json")
        given = {key: value for key, value in options.items() if key not in common}

        def apply(session: Session, company_id: int, actor: Actor) -> list[Outcome]:
            ids = find_orders(session, company_id, options["orders"]).values()
            return verb(session, company_id, list(ids), actor, **given, **fixed)

        act(kernel, options, apply)

    run.__doc__ = words
    for option in extra:
        run = option(run)
    return click.command(name, help=words)(run)


def one(name: str, words: str, *extra: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Return a decorator for the command of a verb that works on a single order."""

    def declare(apply: Callable[..., Any]) -> click.Command:
        @click.argument("order")
        @why_option
        @company_option
        @json_option
        @pass_kernel
        def run(kernel: Kernel, /, order: str, **options: Any) -> None:
            def work(session: Session, company_id: int, actor: Actor) -> Any:
                order_id = find_orders(session, company_id, [order])[order]
                return apply(session, company_id, order_id, actor, options)

            act(kernel, options, work)

        for option in extra:
            run = option(run)
        return click.command(name, help=words)(run)

    return declare


@one(
    "ship",
    "Let promised goods of an order leave, all or some, and book the parcel.",
    lines_option,
    click.option("--tracking", default="", help="The parcel's number at the carrier."),
    click.option("--carrier", default="", help="Who carries it, such as Royal Mail."),
)
def ship_command(
    session: Session, company_id: int, order_id: int, actor: Actor, options: dict[str, Any]
) -> Any:
    wanted = read_quantities(options["lines"])
    quantities = (
        line_quantities(session, company_id, order_id, wanted, sent=False) if wanted else None
    )
    return ship(
        session,
        company_id,
        [order_id],
        actor,
        quantities=quantities,
        tracking=options["tracking"],
        carrier=options["carrier"],
    )


@one(
    "split",
    "Split an order: lines by name, or by what is there, or by where it lies.",
    lines_option,
    click.option("--by", type=click.Choice(["stock", "warehouse"])),
)
def split_command(
    session: Session, company_id: int, order_id: int, actor: Actor, options: dict[str, Any]
) -> Any:
    wanted = read_quantities(options["lines"])
    quantities = line_quantities(session, company_id, order_id, wanted, sent=False)
    return split(session, company_id, order_id, actor, quantities=quantities, by=options["by"])


@one(
    "cancel-line",
    "Cancel lines of an order before they leave; a part of a line is split off first.",
    click.option("--line", "lines", multiple=True, required=True, metavar="CODE"),
)
def cancel_line_command(
    session: Session, company_id: int, order_id: int, actor: Actor, options: dict[str, Any]
) -> Any:
    lines = open_lines(session, company_id, order_id, options["lines"])
    return cancel_lines(session, company_id, order_id, actor, line_ids=lines)


@one(
    "return",
    "Take goods of an order back, all that are out or some.",
    lines_option,
    click.option("--disposition", type=click.Choice(DISPOSITIONS), default="inspection"),
    click.option("--no-refund", is_flag=True, help="Take the goods back without paying."),
    click.option("--reason", default="", help="What the buyer says."),
)
def return_command(
    session: Session, company_id: int, order_id: int, actor: Actor, options: dict[str, Any]
) -> Any:
    return take_back(
        session,
        company_id,
        order_id,
        actor,
        quantities=_sent(session, company_id, order_id, options),
        disposition=options["disposition"],
        refund=not options["no_refund"],
        reason=options["reason"],
    )


def _sent(
    session: Session, company_id: int, order_id: int, options: dict[str, Any]
) -> dict[int, int]:
    wanted = read_quantities(options["lines"])
    if not wanted:
        return all_quantities(session, company_id, order_id, sent=True)
    return line_quantities(session, company_id, order_id, wanted, sent=True)


@one(
    "inspect",
    "Say what of a return is fit for sale; the rest is a loss.",
    click.option(
        "--sellable", multiple=True, metavar="LINE=QUANTITY", help="By the id of the return's line."
    ),
)
def inspect_command(
    session: Session, company_id: int, order_id: int, actor: Actor, options: dict[str, Any]
) -> Any:
    fit = {int(line): units for line, units in read_quantities(options["sellable"]).items()}
    return inspect(session, company_id, order_id, actor, sellable=fit)


@one(
    "reship",
    "Send goods of an order once more, free of charge.",
    lines_option,
    click.option("--not-lost", is_flag=True, help="The first parcel was not lost."),
)
def reship_command(
    session: Session, company_id: int, order_id: int, actor: Actor, options: dict[str, Any]
) -> Any:
    quantities = _sent(session, company_id, order_id, options)
    lost = not options["not_lost"]
    return reship(session, company_id, order_id, actor, quantities=quantities, lost=lost)


@one(
    "exchange",
    "Take goods of an order back and send others for them.",
    lines_option,
    click.option("--item", "items", multiple=True, required=True, metavar="SKU=QUANTITY"),
    click.option("--disposition", type=click.Choice(DISPOSITIONS), default="inspection"),
)
def exchange_command(
    session: Session, company_id: int, order_id: int, actor: Actor, options: dict[str, Any]
) -> Any:
    return exchange(
        session,
        company_id,
        order_id,
        actor,
        quantities=_sent(session, company_id, order_id, options),
        items=read_quantities(options["items"]),
        disposition=options["disposition"],
    )


@click.command("map")
@click.argument("platform")
@click.argument("account")
@click.argument("code")
@click.argument("sku")
@why_option
@company_option
@json_option
@pass_kernel
def map_command(
    kernel: Kernel, /, platform: str, account: str, code: str, sku: str, **options: Any
) -> None:
    """Say which SKU a platform's code stands for; orders that waited for it go on."""
    act(
        kernel,
        options,
        lambda session, company_id, actor: map_code(
            session, Account(company_id, platform, account), code, sku, actor
        ),
    )


@click.command("queues")
@company_option
@json_option
@pass_kernel
def queues_command(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """Count the orders that a person must see, by what is wrong."""
    with kernel.db.read() as session:
        counts = exceptions.count_queues(session, chosen_company(session, company_code).id)
    if as_json:
        print_json({"queues": counts})
    else:
        print_table(("Queue", "Orders"), sorted(counts.items(), key=lambda row: -row[1]))


@click.command("answer-cancellation")
@click.argument("label")
@click.argument("order")
@click.option("--grant/--refuse", "granted", required=True, help="Whether it is cancelled.")
@why_option
@company_option
@json_option
@pass_kernel
def answer_command(
    kernel: Kernel, label: str, order: str, granted: bool, /, **options: Any
) -> None:
    """Tell the platform of the connection LABEL whether ORDER is cancelled as its buyer wants."""
    actor = Actor(acting_user() or "operator", options["why"])
    with kernel.db.read() as session:
        company_id = chosen_company(session, options["company_code"]).id
        connection = get_connection(session, label, company_id=company_id)
    _show(answer_cancellation(kernel, connection, order, actor, granted=granted), options)


_QUEUES = click.Choice(sorted(exceptions.STOPPING - {"unmapped", "unpaid"}))

COMMANDS: Sequence[click.Command] = (
    simple(
        "hold",
        hold,
        "Hold orders; they keep their goods unless --give-back is said.",
        click.option("--give-back", "keep_stock", flag_value=False, default=True),
    ),
    simple("resume", resume, "Let held orders be reviewed again."),
    simple("approve", approve, "Approve orders and promise their goods; back orders too."),
    simple(
        "solve",
        solve,
        "Take orders out of a queue.",
        click.option("--kind", type=_QUEUES, required=True),
    ),
    simple("paid", mark_paid, "Let unpaid orders go on."),
    simple("release", release, "Hand orders to the warehouse."),
    simple("recall", recall, "Take orders back before they are picked."),
    simple(
        "send-from",
        send_from,
        "Let orders leave from a warehouse, also one of somebody else that sends for us.",
        click.option("--warehouse", required=True, help="The code of the warehouse."),
    ),
    simple(
        "advance",
        advance,
        "Take orders a step on in the warehouse.",
        click.option("--to", type=click.Choice([*STEPS]), required=True),
    ),
    simple(
        "merge",
        merge,
        "Let orders of one buyer leave in one parcel.",
        click.option("--accept-value", is_flag=True, help="Whatever it is worth."),
    ),
    simple(
        "correct-tax",
        correct_tax_and_invoices,
        "Give back the tax of orders whose buyers' numbers turned out to be valid.",
    ),
    simple("keep-tax", keep_tax, "Leave the tax of such orders as it was charged."),
    simple("separate", separate, "Let orders leave by themselves again."),
    simple("cancel", cancel, "Cancel orders, or ask the warehouse to stop them."),
    simple("confirm-cancel", confirm_cancel, "Note that the warehouse has stopped orders."),
    simple(
        "refuse-cancel",
        refuse_cancel,
        "Note that orders are not cancelled: they go on from where they were.",
        click.option("--back-to", type=click.Choice([*STEPS]), help="How far they are by now."),
    ),
    ship_command,
    split_command,
    cancel_line_command,
    return_command,
    inspect_command,
    reship_command,
    exchange_command,
    answer_command,
    map_command,
    queues_command,
)
