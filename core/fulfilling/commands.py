"""Commands of what other people's warehouses send: `entrepot fulfilments …`."""

from __future__ import annotations

from dataclasses import asdict

import click

from core.fulfilling.following import follow
from core.fulfilling.previewing import preview
from core.fulfilling.sending import send_waiting
from core.fulfilling.showing import fulfilments_of_order
from core.fulfilling.showing import open_fulfilments
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import get_connection
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.money import to_text
from core.orders.naming import find_orders


def register(group: click.Group) -> None:
    """Add the commands."""
    words = "What the warehouses of others send for us."
    fulfilments = subgroup(group, "fulfilments", words)
    for command in (list_, send, follow_, preview_):
        fulfilments.add_command(command)


@click.command("list")
@click.option("--order", help="All of this order; without it, of all orders what is open.")
@company_option
@json_option
@pass_kernel
def list_(kernel: Kernel, order: str | None, company_code: str | None, as_json: bool) -> None:
    """List what warehouses were asked to send, and how far it is."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        if order is None:
            found = open_fulfilments(session, company_id)
        else:
            order_id = find_orders(session, company_id, [order])[order]
            found = fulfilments_of_order(session, company_id, order_id)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        (each.order, each.warehouse, each.key, each.state, each.status)
        + (f"{each.shipped}/{each.pieces}", each.reason)
        for each in found
    ]
    print_table(("Order", "Warehouse", "Key", "State", "Status", "Left", "Why"), rows)


@click.command()
@click.argument("label")
@company_option
@json_option
@pass_kernel
def send(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Tell a connection's warehouse what it shall send, and what it shall not send after all."""
    told = send_waiting(kernel, _connection(kernel, label, company_code))
    if as_json:
        print_json(told.as_json())
    else:
        click.echo(f"{told.taken} taken, {told.refused} refused, {told.stopped} asked to stop.")


@click.command("follow")
@click.argument("label")
@company_option
@json_option
@pass_kernel
def follow_(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Ask a connection's warehouse how far everything is, and book the parcels that left."""
    found = follow(kernel, _connection(kernel, label, company_code))
    if as_json:
        print_json(found.as_json())
    else:
        click.echo(f"{found.parcels} parcels left, {found.finished} of {found.asked} are finished.")


@click.command("preview")
@click.argument("order")
@click.argument("warehouse")
@company_option
@json_option
@pass_kernel
def preview_(
    kernel: Kernel, order: str, warehouse: str, company_code: str | None, as_json: bool
) -> None:
    """Ask what sending an order from a warehouse would cost; nothing is asked to be sent."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        order_id = find_orders(session, company_id, [order])[order]
    offers = preview(kernel, company_id, order_id, warehouse)
    if as_json:
        print_json([asdict(each) for each in offers])
        return
    rows = [
        (
            each.service,
            "yes" if each.possible else "; ".join(each.reasons) or "no",
            f"{to_text(each.fee, each.currency)} {each.currency}" if each.fee is not None else "-",
            f"{each.ships_by:%Y-%m-%d}" if each.ships_by else "-",
            f"{each.arrives_by:%Y-%m-%d}" if each.arrives_by else "-",
        )
        for each in offers
    ]
    print_table(("Service", "Possible", "Fee", "Leaves by", "There by"), rows)


def _connection(kernel: Kernel, label: str, company_code: str | None) -> ConnectionInfo:
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        return get_connection(session, label, company_id=company.id)
