"""Commands of goods in platforms' warehouses: `entrepot stock stored …`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from core.kernel.connections import get_connection
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.kernel import Kernel
from core.warehousing.stored import Difference
from core.warehousing.stored import differences
from core.warehousing.stored import take_number
from core.warehousing.stored_pulling import pull_stored


@click.command()
@click.argument("label")
@company_option
@json_option
@pass_kernel
def pull(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Fetch what lies in a platform's own warehouses, and compare it with our books."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    found = pull_stored(kernel, connection)
    if as_json:
        print_json(found.as_json())
    else:
        click.echo(f"{found.listings} listings are stored; {found.differing} SKUs differ.")


@click.command("list")
@company_option
@json_option
@pass_kernel
def list_(kernel: Kernel, company_code: str | None, as_json: bool) -> None:
    """List the SKUs of which a platform holds another number than our books."""
    with kernel.db.read() as session:
        found = differences(session, chosen_company(session, company_code).id)
    if as_json:
        print_json([difference_document(each) for each in found])
        return
    print_table(
        ("Warehouse", "SKU", "Condition", "Platform", "Books", "Difference", "Since"),
        [
            (each.warehouse, each.sku, each.condition, str(each.seen), str(each.on_hand))
            + (f"{each.difference:+d}", f"{each.since:%Y-%m-%d}" if each.since else "-")
            for each in found
        ],
    )


@click.command()
@click.argument("warehouse")
@click.argument("sku")
@company_option
@json_option
@pass_kernel
def take(kernel: Kernel, warehouse: str, sku: str, company_code: str | None, as_json: bool) -> None:
    """Book a SKU's difference by a count with the platform's number."""
    with kernel.db.write() as session:
        company = chosen_company(session, company_code)
        done = take_number(session, company.id, warehouse, sku, actor=acting_user())
    if as_json:
        print_json(asdict(done))
    else:
        click.echo(f"{sku} in {warehouse} is what the platform says now.")


def difference_document(each: Difference) -> dict[str, Any]:
    """Return a difference as plain data."""
    since = each.since.isoformat() if each.since else None
    return asdict(each) | {"difference": each.difference, "since": since}


COMMANDS = (pull, list_, take)
