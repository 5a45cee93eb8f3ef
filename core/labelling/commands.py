"""Commands of shipping labels: `entrepot label …`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from core.addresses.address import Address
from core.channels.labels import LabelOffer
from core.errors import NotFound
from core.kernel.connections import get_connection
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_table
from core.kernel.console import say
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel
from core.labelling.asking import STANDING
from core.labelling.buying import Offers
from core.labelling.buying import buy_waiting
from core.labelling.buying import offers_for
from core.labelling.buying import order_label
from core.labelling.deciding import offer_named
from core.labelling.files import file_of
from core.labelling.senders import set_sender
from core.labelling.showing import ShownLabel
from core.labelling.showing import labels_of_order
from core.labelling.showing import latest_labels
from core.labelling.sizes import require_price
from core.labelling.sizes import size_of
from core.labelling.voiding import fetch
from core.labelling.voiding import not_bought
from core.labelling.voiding import void
from core.money import to_text
from core.orders.naming import find_orders
from core.orders.record import Actor


def register(group: click.Group) -> None:
    """Add the commands."""
    labels = subgroup(group, "label", "Shipping labels that are bought for orders.")
    for command in (sender, offers, buy, list_, save, fetch_, void_, lost):
        labels.add_command(command)


def _of_parcel(command: Any) -> Any:
    """Add what says which parcel it is, and of whom its label is bought."""
    for option in (
        click.option(
            "--from", "warehouse", default="", metavar="WAREHOUSE", help="It leaves here."
        ),
        click.option("--seller", default="", metavar="CONNECTION", help="Who sells the label."),
        click.option("--size", default="", metavar="LxWxH", help="Millimetres: 300x200x100."),
        click.option("--grams", type=int, help="What the packed parcel weighs."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("warehouse")
@click.option("--name", required=True, help="Who sends.")
@click.option("--company-name", "company", default="")
@click.option("--street", required=True)
@click.option("--district", default="")
@click.option("--city", required=True)
@click.option("--region", default="", help="The state or province, as carriers write it.")
@click.option("--postcode", required=True)
@click.option("--phone", required=True)
@click.option("--email", default="")
@company_option
@json_option
@pass_kernel
def sender(
    kernel: Kernel, /, warehouse: str, company_code: str | None, as_json: bool, **told: str
) -> None:
    """Say from which address the parcels of a warehouse leave."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        address = set_sender(session, company_id, warehouse, Address(**told))
    say(asdict(address), f"Parcels of {warehouse} leave from {address.city}.", as_json)


@click.command()
@click.argument("order")
@_of_parcel
@company_option
@json_option
@pass_kernel
def offers(
    kernel: Kernel, /, order: str, company_code: str | None, as_json: bool, **told: Any
) -> None:
    """Ask which labels could be bought for an order; no money is spent."""
    company_id, order_id = _order(kernel, order, company_code)
    found = _asked(kernel, company_id, order_id, told)
    if as_json:
        print_json([asdict(each) for each in found.offers])
        return
    rows = [
        (each.service, each.carrier, each.name, _price(each.price, each.currency), _days(each))
        for each in found.offers
    ]
    print_table(("Service", "Carrier", "Name", "Price", "Days"), rows)


@click.command()
@click.argument("order")
@click.argument("service")
@click.option("--most", help="Buy it only if it costs no more: 4.20.")
@_of_parcel
@company_option
@json_option
@pass_kernel
def buy(
    kernel: Kernel, /, order: str, service: str, most: str | None, company_code: str | None,
    as_json: bool, **told: Any,
) -> None:  # fmt: skip
    """Buy the label of a SERVICE that `label offers` names, at the price of now."""
    company_id, order_id = _order(kernel, order, company_code)
    found = _asked(kernel, company_id, order_id, told)
    chosen = offer_named(found, service)
    require_price(chosen, most)
    size = size_of(told["grams"], told["size"])
    with kernel.db.write() as session:
        order_label(
            session, company_id, order_id, chosen, Actor(acting_user() or "operator"), size=size,
            warehouse=told["warehouse"], seller=found.connection,
        )  # fmt: skip
        connection = get_connection(session, found.connection, company_id=company_id)
    buy_waiting(kernel, connection)
    with kernel.db.read() as session:
        _print(labels_of_order(session, company_id, order_id)[:1], as_json)


@click.command("list")
@click.option("--order", help="Of this order; without it the latest of all.")
@company_option
@json_option
@pass_kernel
def list_(kernel: Kernel, order: str | None, company_code: str | None, as_json: bool) -> None:
    """List labels with their numbers, and what became of them."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        if order is None:
            found = latest_labels(session, company_id)
        else:
            order_id = find_orders(session, company_id, [order])[order]
            found = labels_of_order(session, company_id, order_id)
    _print(found, as_json)


@click.command()
@click.argument("order")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@company_option
@json_option
@pass_kernel
def save(kernel: Kernel, order: str, folder: Path, company_code: str | None, as_json: bool) -> None:
    """Save the file of an order's label into a FOLDER, to print it."""
    company_id, label = _label(kernel, order, company_code)
    with kernel.db.read() as session:
        printed = file_of(session, company_id, label.id)
    path = folder / printed.name
    path.write_bytes(printed.content)
    say({"file": str(path), "kind": printed.kind}, f"{path} is saved.", as_json)


@click.command("fetch")
@click.argument("order")
@click.option("--ref", default="", help="What the seller calls the label, where nobody knew it.")
@company_option
@json_option
@pass_kernel
def fetch_(kernel: Kernel, order: str, ref: str, company_code: str | None, as_json: bool) -> None:
    """Ask the seller for a label again: its file, or one that was bought without an answer."""
    company_id, label = _label(kernel, order, company_code)
    fetch(kernel, company_id, label.id, Actor(acting_user() or "operator"), ref=ref)
    with kernel.db.read() as session:
        _print(labels_of_order(session, company_id, label.order_id)[:1], as_json)


@click.command("void")
@click.argument("order")
@company_option
@json_option
@pass_kernel
def void_(kernel: Kernel, order: str, company_code: str | None, as_json: bool) -> None:
    """Give an order's label back that was not used."""
    company_id, label = _label(kernel, order, company_code)
    answer = void(kernel, company_id, label.id, Actor(acting_user() or "operator"))
    said = "It was taken back." if answer.taken else f"It was not taken back: {answer.reason}"
    say(asdict(answer), said, as_json)


@click.command()
@click.argument("order")
@company_option
@json_option
@pass_kernel
def lost(kernel: Kernel, order: str, company_code: str | None, as_json: bool) -> None:
    """Say that a label was not bought, of which nobody knew whether it was."""
    company_id, label = _label(kernel, order, company_code)
    with kernel.db.write() as session:
        not_bought(session, company_id, label.id, Actor(acting_user() or "operator"))
    say({"key": label.key}, "Another one may be bought.", as_json)


def _order(kernel: Kernel, order: str, company_code: str | None) -> tuple[int, int]:
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        return company_id, find_orders(session, company_id, [order])[order]


def _asked(kernel: Kernel, company_id: int, order_id: int, told: dict[str, Any]) -> Offers:
    return offers_for(
        kernel,
        company_id,
        order_id,
        size=size_of(told["grams"], told["size"]),
        warehouse=told["warehouse"],
        seller=told["seller"],
    )


def _label(kernel: Kernel, order: str, company_code: str | None) -> tuple[int, ShownLabel]:
    """Return the label of an order that stands, else its latest one."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        order_id = find_orders(session, company_id, [order])[order]
        found = labels_of_order(session, company_id, order_id)
    if not found:
        raise NotFound(f"Order {order} has no label.", hint="`entrepot label buy` buys one.")
    return company_id, next((each for each in found if each.state in STANDING), found[0])


def _print(found: list[ShownLabel], as_json: bool) -> None:
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [
        (each.order, each.state, each.carrier, each.service, each.tracking)
        + (_price(each.price, each.currency), each.ref, each.reason)
        for each in found
    ]
    head = ("Order", "State", "Carrier", "Service", "Tracking", "Price", "Reference", "Why")
    print_table(head, rows)


def _price(price: int | None, currency: str) -> str:
    return f"{to_text(price, currency)} {currency}" if price is not None else "told later"


def _days(offer: LabelOffer) -> str:
    days = [each for each in (offer.earliest_days, offer.latest_days) if each is not None]
    return "-".join(dict.fromkeys(str(day) for day in days)) or "?"
