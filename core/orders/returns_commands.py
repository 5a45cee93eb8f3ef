"""Commands of the returns that platforms announce: `entrepot returns …`."""

from __future__ import annotations

import click

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
from core.orders.announced_list import TABS
from core.orders.announced_list import ReturnFilter
from core.orders.announced_list import list_returns
from core.orders.announced_list import return_by_name
from core.orders.announced_pulling import pull_returns
from core.orders.arriving import arrive
from core.orders.arriving import await_again
from core.orders.arriving import end_return
from core.orders.record import Actor
from core.orders.taking_back import DISPOSITIONS

MOST = 500


def register(group: click.Group) -> None:
    """Add the commands."""
    returns = subgroup(group, "returns", "Goods that platforms say come back.")
    for command in (pull, list_, arrived, end, again):
        returns.add_command(command)


@click.command()
@click.argument("label")
@company_option
@json_option
@pass_kernel
def pull(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Fetch the returns that changed since the last time; told again they change nothing."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    found = pull_returns(kernel, connection).as_json()
    if as_json:
        print_json(found)
    else:
        print_table(tuple(found), [list(found.values())])


@click.command("list")
@click.option("--tab", type=click.Choice(TABS), default="open", show_default=True)
@click.option("--number", default="", help="How the number of the return or its order begins.")
@company_option
@json_option
@pass_kernel
def list_(kernel: Kernel, tab: str, number: str, company_code: str | None, as_json: bool) -> None:
    """List announced returns, the latest first."""
    narrow = ReturnFilter(tab, number)
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        rows = list_returns(session, company_id, narrow, limit=MOST).rows
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    print_table(
        ("Return", "Order", "Code", "Quantity", "Arrived", "State", "Announced", "Reason"),
        [
            (row.external_ref, row.order_ref, row.code, str(row.quantity))
            + (str(row.arrived_quantity), row.state, f"{row.announced_at:%Y-%m-%d}", row.reason)
            for row in rows
        ],
    )


@click.command()
@click.argument("name")
@click.option("--quantity", type=click.IntRange(1), help="How many came; default: all awaited.")
@click.option("--disposition", type=click.Choice(DISPOSITIONS), default="inspection")
@company_option
@json_option
@pass_kernel
def arrived(
    kernel: Kernel,
    name: str,
    quantity: int | None,
    disposition: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Take the goods of an announced return back; its money is the platform's matter."""
    how = next(each for each in DISPOSITIONS if each == disposition)
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        found = return_by_name(session, company.id, name)
        done = arrive(session, company.id, found, _actor(), quantity=quantity, disposition=how)
    orders = [outcome.order for outcome in done]
    if as_json:
        print_json({"orders": orders})
    else:
        click.echo(f"The goods of {name} are back: {', '.join(orders)}.")


@click.command()
@click.argument("name")
@click.option("--note", default="", help="Why, in a few words.")
@company_option
@pass_kernel
def end(kernel: Kernel, name: str, note: str, company_code: str | None) -> None:
    """Wait for a return no longer: no more of it comes."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        end_return(
            session, company.id, return_by_name(session, company.id, name), _actor(), note=note
        )
    click.echo(f"{name} is not waited for any more.")


@click.command()
@click.argument("name")
@company_option
@pass_kernel
def again(kernel: Kernel, name: str, company_code: str | None) -> None:
    """Wait again for a return that was ended."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        await_again(session, company.id, return_by_name(session, company.id, name), _actor())
    click.echo(f"{name} is waited for.")


def _actor() -> Actor:
    return Actor(acting_user() or "operator")
