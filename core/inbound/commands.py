"""Commands of goods sent to platforms' warehouses: `entrepot inbound …`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from typing import TextIO

import click
from sqlalchemy.orm import Session

from core import clock
from core.addresses.address import Address
from core.inbound import planning
from core.inbound.labelling import fetch_labels
from core.inbound.models import InboundRow
from core.inbound.reading import read_boxes
from core.inbound.reading import read_origin
from core.inbound.showing import head_of
from core.inbound.showing import list_plans
from core.inbound.showing import plan_sheet
from core.inbound.states import WORKING
from core.inbound.states import find_plan
from core.inbound.working import bring_on
from core.kernel.connections import connection_by_id
from core.kernel.connections import get_connection
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import parse_decimal
from core.money import to_minor
from core.money import to_text

DAY = click.DateTime(["%Y-%m-%d"])


def register(group: click.Group) -> None:
    """Add the commands."""
    words = "Goods that are sent to the warehouses of platforms, such as Amazon's FBA."
    own = subgroup(group, "inbound", words)
    for command in (list_, show, begin, go, choose, pack, track, again, cancel, labels):
        own.add_command(command)


@click.command("list")
@company_option
@json_option
@pass_kernel
def list_(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the plans, the latest first."""
    with kernel.db.read() as session:
        page = list_plans(session, chosen_company(session, company_code).id, None, 200)
    if as_json:
        print_json([head_of(row) for row in page.rows])
        return
    rows = [(r.key, r.transfer, r.connection, r.state, r.act, r.reason) for r in page.rows]
    print_table(("Plan", "Transfer", "Connection", "State", "Step", "Why"), rows)


@click.command()
@click.argument("plan")
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, plan: str, company_code: str | None, as_json: bool) -> None:
    """Show a plan: its next step, what is offered, what it costs, what has arrived."""
    with kernel.db.read() as session:
        row = find_plan(session, chosen_company(session, company_code).id, plan)
        _print(plan_sheet(session, row), as_json)


@click.command()
@click.argument("label")
@click.argument("transfer")
@click.option("--ready", type=DAY, help="When the boxes can be fetched; default: today.")
@click.option(
    "--origin", type=click.File(encoding="utf-8"),
    help="JSON: name, company, street, city, region, postcode, country, phone, email.",
)  # fmt: skip
@company_option
@json_option
@pass_kernel
def begin(
    kernel: Kernel,
    label: str,
    transfer: str,
    ready: datetime | None,
    origin: TextIO | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Begin a plan for a transfer to a platform's warehouse, and bring it on.

    LABEL is the connection. Without an address the one of the last plan holds.
    """
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        connection = get_connection(session, label, company_id=company_id)
        where = read_origin(origin) if origin is not None else Address()
        day = (ready or clock.now()).date()
        row = planning.begin_plan(session, connection, transfer, where, day, actor=acting_user())
        key = row.key
    bring_on(kernel, connection, [key])
    with kernel.db.read() as session:
        _print(plan_sheet(session, find_plan(session, company_id, key)), as_json)


@click.command()
@click.argument("label")
@company_option
@pass_kernel
def go(kernel: Kernel, label: str, company_code: str | None) -> None:
    """Bring the plans of a connection on as far as they go, and ask what has arrived."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        connection = get_connection(session, label, company_id=company_id)
    click.echo(f"{bring_on(kernel, connection)} plans were looked at.")


@click.command()
@click.argument("plan")
@click.argument("options", nargs=-1, required=True, metavar="OPTION...")
@click.option("--cost", default="0", help="What it costs in all, as `inbound show` said.")
@company_option
@json_option
@pass_kernel
def choose(
    kernel: Kernel,
    plan: str,
    options: tuple[str, ...],
    cost: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Choose among what the platform offers now, knowing what it costs, and bring the plan on."""

    def act(session: Session, company_id: int) -> InboundRow:
        found = find_plan(session, company_id, plan)
        currencies = [fee["currency"] for each in found.options for fee in each["fees"]]
        amount = to_minor(parse_decimal(cost), currencies[0]) if currencies else int(cost)
        return planning.choose(session, company_id, plan, options, amount, actor=acting_user())

    _done(kernel, company_code, act, as_json)


@click.command()
@click.argument("plan")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@company_option
@json_option
@pass_kernel
def pack(kernel: Kernel, plan: str, file: Path, company_code: str | None, as_json: bool) -> None:
    """Say by a CSV file what lies in which box, and bring the plan on.

    Its columns are box, boxes, length_cm, width_cm, height_cm, weight_kg, sku and quantity, and
    group where the platform named several groups.
    """

    def act(session: Session, company_id: int) -> InboundRow:
        found = find_plan(session, company_id, plan)
        codes = {sku: each["code"] for sku, each in found.lines.items()}
        with file.open(encoding="utf-8-sig", newline="") as stream:
            boxes = read_boxes(stream, file.name, codes)
        return planning.pack(session, company_id, plan, boxes, actor=acting_user())

    _done(kernel, company_code, act, as_json)


@click.command()
@click.argument("plan")
@click.argument("shipment")
@click.argument("numbers", nargs=-1, required=True, metavar="BOX=NUMBER...")
@company_option
@json_option
@pass_kernel
def track(
    kernel: Kernel,
    plan: str,
    shipment: str,
    numbers: tuple[str, ...],
    company_code: str | None,
    as_json: bool,
) -> None:
    """Tell the platform the carrier's number of each box of a shipment."""
    told = dict(each.partition("=")[::2] for each in numbers)
    _done(
        kernel,
        company_code,
        lambda session, company_id: planning.track(
            session, company_id, plan, shipment, told, actor=acting_user()
        ),
        as_json,
    )


@click.command()
@click.argument("plan")
@company_option
@json_option
@pass_kernel
def again(kernel: Kernel, plan: str, company_code: str | None, as_json: bool) -> None:
    """Ask once more for the step that the platform refused, or for what it offers."""
    _done(
        kernel,
        company_code,
        lambda session, company_id: planning.try_again(
            session, company_id, plan, actor=acting_user()
        ),
        as_json,
    )


@click.command()
@click.argument("plan")
@company_option
@json_option
@pass_kernel
def cancel(kernel: Kernel, plan: str, company_code: str | None, as_json: bool) -> None:
    """Stop a plan, here and at the platform; what was confirmed may have cost something."""
    _done(
        kernel,
        company_code,
        lambda session, company_id: planning.cancel(session, company_id, plan, actor=acting_user()),
        as_json,
    )


@click.command()
@click.argument("plan")
@click.argument("shipment")
@company_option
@pass_kernel
def labels(kernel: Kernel, plan: str, shipment: str, company_code: str | None) -> None:
    """Say where the labels of a shipment's boxes are fetched; the address holds for minutes."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
    click.echo(fetch_labels(kernel, company_id, plan, shipment))


def _done(
    kernel: Kernel,
    company_code: str | None,
    act: Callable[[Session, int], InboundRow],
    as_json: bool,
) -> None:
    """Do something with a plan, bring it on, and show it."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        row = act(session, company_id)
        key, goes_on = row.key, row.state == WORKING
        connection = connection_by_id(session, row.connection_id, company_id=company_id)
    if goes_on:
        bring_on(kernel, connection, [key])
    with kernel.db.read() as session:
        _print(plan_sheet(session, find_plan(session, company_id, key)), as_json)


def _print(sheet: Any, as_json: bool) -> None:
    if as_json:
        print_json(sheet)
        return
    click.echo(f"{sheet['key']}: {sheet['state']} {sheet['act']}".rstrip())
    if sheet["reason"]:
        click.echo(sheet["reason"])
    if sheet["options"]:
        rows = [
            (each["ref"], each["shipment"], _cost(each), "; ".join(each["facts"]))
            for each in sheet["options"]
        ]
        print_table(("Option", "Shipment", "Cost", "What"), rows)
    if sheet["shipments"]:
        lines = [
            (each["ref"], each["code"], each["status"], each["destination"])
            + (str(sum(each["lines"].values())), str(sum(each["received"].values())))
            for each in sheet["shipments"]
        ]
        print_table(("Shipment", "Code", "Status", "To", "Pieces", "Arrived"), lines)


def _cost(option: dict[str, Any]) -> str:
    if not option["currency"]:
        return "0"
    return f"{to_text(option['cost'], option['currency'])} {option['currency']}"
