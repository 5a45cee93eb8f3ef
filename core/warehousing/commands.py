"""Commands of the work in warehouses: `entrepot stock …`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from core.errors import InputError
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_rows
from core.kernel.console import print_table
from core.kernel.console import say
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import parse_decimal
from core.money import to_micro
from core.stock.warehouses import CONDITIONS
from core.warehousing import count_commands
from core.warehousing import stored_commands
from core.warehousing import transfer_commands
from core.warehousing.console import condition_option
from core.warehousing.console import note_option
from core.warehousing.handling import GAINS
from core.warehousing.handling import LOSSES
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from core.warehousing.handling import change_condition
from core.warehousing.handling import relabel
from core.warehousing.handling import turn_up
from core.warehousing.places import add_warehouse
from core.warehousing.places import archive_warehouse
from core.warehousing.places import list_warehouses
from core.warehousing.recounting import recount
from core.warehousing.showing import levels_of

REASONS = tuple(dict.fromkeys((*GAINS, *LOSSES)))


def register(group: click.Group) -> None:
    """Add the commands."""
    stock = subgroup(group, "stock", "What lies where, and the work in and between warehouses.")
    for command in (show, move, found, recount_counters):
        stock.add_command(command)
    transfers = subgroup(stock, "transfer", "Send goods from one warehouse to another.")
    for command in transfer_commands.COMMANDS:
        transfers.add_command(command)
    counts = subgroup(stock, "count", "Count what lies in a warehouse, and book the difference.")
    for command in count_commands.COMMANDS:
        counts.add_command(command)
    stored = subgroup(stock, "stored", "What platforms store, beside what our books hold there.")
    for command in stored_commands.COMMANDS:
        stored.add_command(command)
    places = subgroup(stock, "warehouse", "Warehouses: own ones, of a service, of a platform.")
    for command in (warehouse_list, warehouse_add, warehouse_archive):
        places.add_command(command)


@click.command()
@click.argument("skus", nargs=-1)
@click.option("--warehouse", default="", help="Only this one.")
@company_option
@json_option
@pass_kernel
def show(
    kernel: Kernel,
    skus: Sequence[str],
    warehouse: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Show what lies where of some SKUs, or of all."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        rows = levels_of(session, company_id, skus, warehouse)
    print_rows(rows, as_json)


@click.command()
@click.argument("warehouse")
@click.argument("sku")
@click.argument("quantity", type=int)
@click.option("--reason", type=click.Choice(REASONS), help="Take in (5) or off (-5), and why.")
@click.option("--unit-cost", help="What a unit taken in cost; default: the last known cost.")
@click.option("--to-condition", type=click.Choice(CONDITIONS), help="Sort goods into another one.")
@click.option("--to-sku", help="Relabel goods as another SKU.")
@condition_option
@note_option
@click.option("--key", default="", help="A name of this act; done again under it, it is refused.")
@company_option
@json_option
@pass_kernel
def move(
    kernel: Kernel,
    /,
    warehouse: str,
    sku: str,
    quantity: int,
    company_code: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Adjust, sort or relabel goods: name one of --reason, --to-condition, --to-sku.

    A negative quantity stands after `--`:  entrepot stock move --reason lost MAIN MUG -- -3
    """
    if sum(options[name] is not None for name in ("reason", "to_condition", "to_sku")) != 1:
        raise InputError(
            "name exactly one of --reason, --to-condition and --to-sku.", where="stock move"
        )
    goods = Goods(warehouse, sku, quantity, options["condition"])
    act = Act(acting_user(), options["note"], options["key"])
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        if options["to_condition"] is not None:
            done = change_condition(session, company_id, goods, options["to_condition"], act)
        elif options["to_sku"] is not None:
            done = relabel(session, company_id, goods, options["to_sku"], act)
        else:
            cost = options["unit_cost"]
            unit_cost = None if cost is None else to_micro(parse_decimal(cost))
            done = adjust(session, company_id, goods, options["reason"], act, unit_cost=unit_cost)
    say(asdict(done), f"Document {done.document_id}: {done.quantity} of {sku}.", as_json)


@click.command()
@click.argument("warehouse")
@click.argument("sku")
@click.argument("quantity", type=int)
@click.option("--lost-by", type=int, required=True, help="The document that wrote them off.")
@condition_option
@note_option
@company_option
@json_option
@pass_kernel
def found(
    kernel: Kernel,
    /,
    warehouse: str,
    sku: str,
    quantity: int,
    lost_by: int,
    company_code: str | None,
    as_json: bool,
    **options: str,
) -> None:
    """Take goods back in that were written off and turned up, at the cost they had."""
    goods = Goods(warehouse, sku, quantity, options["condition"])
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        act = Act(acting_user(), options["note"])
        done = turn_up(session, company_id, goods, lost_by, act)
    say(asdict(done), f"Document {done.document_id}: {done.quantity} of {sku}.", as_json)


@click.command("recount")
@click.option("--repair", is_flag=True, help="Set counters that are wrong to the sum of the rows.")
@company_option
@json_option
@pass_kernel
def recount_counters(kernel: Kernel, repair: bool, company_code: str | None, as_json: bool) -> None:
    """Compare the counters with the rows that they sum up; ends with 1 while one is wrong."""
    with kernel.db.write() as session:
        found = recount(session, chosen_company(session, company_code).id, repair=repair)
    rows = [asdict(drift) | {"repairable": drift.repairable} for drift in found.drifts]
    if as_json:
        print_json({"levels": found.levels, "drifts": rows, "repaired": found.repaired})
    else:
        if rows:
            print_table(list(rows[0]), [list(row.values()) for row in rows])
        click.echo(f"{found.levels} levels, {len(rows)} wrong, {found.repaired} set right.")
    if len(rows) > found.repaired:
        click.get_current_context().exit(1)


@click.command("list")
@company_option
@json_option
@pass_kernel
def warehouse_list(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the warehouses with what lies in each."""
    with kernel.db.read() as session:
        places = list_warehouses(session, chosen_company(session, company_code).id)
    print_rows([asdict(place) for place in places], as_json)


@click.command("add")
@click.argument("code")
@click.option("--kind", type=click.Choice(["own", "3pl", "platform"]), default="own")
@click.option("--country", required=True, metavar="CC", help="Where it stands, such as GB.")
@click.option("--region", default="", help="State or province, where tax asks for it: KA.")
@click.option("--name", default="")
@click.option("--provider", help="The addon that fulfils from it.")
@company_option
@json_option
@pass_kernel
def warehouse_add(  # noqa: PLR0913, PLR0917 - one argument for each option
    kernel: Kernel,
    code: str,
    kind: str,
    country: str,
    region: str,
    name: str,
    provider: str | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Add a warehouse."""
    with kernel.db.write() as session:
        add_warehouse(
            session,
            chosen_company(session, company_code).id,
            code,
            kind,
            country,
            name=name,
            provider=provider,
            region=region,
            actor=acting_user(),
        )
    say({"code": code, "kind": kind}, f"Warehouse {code} is there.", as_json)


@click.command("archive")
@click.argument("code")
@company_option
@json_option
@pass_kernel
def warehouse_archive(kernel: Kernel, code: str, company_code: str | None, as_json: bool) -> None:
    """Take an empty warehouse out of use; its history stays."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        archive_warehouse(session, company_id, code, actor=acting_user())
    say({"code": code, "archived": True}, f"Warehouse {code} is out of use.", as_json)
