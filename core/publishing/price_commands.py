"""Commands of prices: `entrepot publish price …`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.models import Shop
from core.db import rows_of
from core.errors import InputError
from core.kernel.connections import get_connection
from core.kernel.console import acting_user
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import print_rows
from core.kernel.kernel import Kernel
from core.publishing.price_pushing import push_prices
from core.publishing.price_pushing import wake_prices
from core.publishing.price_showing import list_prices
from core.publishing.price_showing import preview_document
from core.publishing.price_showing import price_history
from core.publishing.price_showing import price_named
from core.publishing.prices import Preview
from core.publishing.prices import Wish
from core.publishing.prices import preview_prices
from core.publishing.prices import read_prices
from core.publishing.prices import read_wish
from core.publishing.prices import retry_prices
from core.publishing.prices import set_prices

MOST_SHOWN = 500
preview_option = click.option("--preview", is_flag=True, help="Only say what it would do.")
below_option = click.option(
    "--below-cost", type=click.IntRange(0), help="How many are below cost, to let them hold."
)
note_option = click.option("--note", default="", help="Why, in a few words.")


@click.group()
def price() -> None:
    """What listings cost their buyers, tax included as the platform shows it."""


@price.command("set")
@click.argument("code")
@click.argument("amount")
@click.option("--shop", metavar="PLATFORM/ACCOUNT", required=True, help="Whose listing it is.")
@click.option("--currency", default="", help="Default: the shop's.")
@preview_option
@below_option
@note_option
@company_option
@json_option
@pass_kernel
def set_one(
    kernel: Kernel, /, code: str, amount: str, shop: str, currency: str, **how: Any
) -> None:
    """Say what a seller SKU of a shop shall cost, such as 12.99."""
    platform, _sep, account = shop.partition("/")
    with kernel.db.read() as session:
        company_id = chosen_company(session, how["company_code"]).id
        money = currency or _currency(session, company_id, platform, account)
    _hold(kernel, [read_wish(platform, account, code, amount, money)], **how)


@price.command("file")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@preview_option
@below_option
@note_option
@company_option
@json_option
@pass_kernel
def set_many(kernel: Kernel, /, file: Path, **how: Any) -> None:
    """Say many prices by a CSV file: platform, account, code, price, currency."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        wishes = read_prices(stream, file.name)
    _hold(kernel, wishes, **how)


@price.command("show")
@click.argument("code", default="")
@click.option("--refused", is_flag=True, help="Only those that the platform refused.")
@company_option
@json_option
@pass_kernel
def show(kernel: Kernel, code: str, refused: bool, company_code: str | None, as_json: bool) -> None:
    """Show what is desired, sent, confirmed and seen of prices, by how their code begins."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        page = list_prices(session, company_id, code, None, MOST_SHOWN, refused=refused)
    print_rows([dict(row._mapping) for row in page.rows], as_json)


@price.command("history")
@click.argument("code")
@company_option
@json_option
@pass_kernel
def history(kernel: Kernel, code: str, company_code: str | None, as_json: bool) -> None:
    """Show every version of a price: who said it, when it left, what became of it."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        found = price_history(session, company_id, price_named(session, company_id, code))
    print_rows([dict(row._mapping) for row in found], as_json)


@price.command("retry")
@click.argument("codes", nargs=-1, required=True)
@company_option
@pass_kernel
def retry(kernel: Kernel, codes: Sequence[str], company_code: str | None) -> None:
    """Tell prices that were refused once more."""
    with kernel.db.write() as session:
        company_id = chosen_company(session, company_code).id
        ids = [price_named(session, company_id, code) for code in codes]
        count = retry_prices(session, company_id, ids, actor=acting_user())
    click.echo(f"{count} prices are told again with the next run.")


@price.command("push")
@click.argument("label")
@company_option
@json_option
@pass_kernel
def push(kernel: Kernel, label: str, company_code: str | None, as_json: bool) -> None:
    """Tell a platform the prices that it has not answered, now."""
    with kernel.db.read() as session:
        company = chosen_company(session, company_code)
        connection = get_connection(session, label, company_id=company.id)
    found = push_prices(kernel, connection).as_json()
    print_rows([dict(found)], as_json)


def said(found: Preview) -> str:
    """Return a preview in a sentence."""
    listings = _many(len(found.rows), "listing")
    text = f"{listings} on {_many(found.shops, 'shop')}, {found.below} of them below cost"
    more = [
        f"{count} {words}"
        for count, words in (
            (found.unknown, "without a known cost"),
            (found.unchanged, "unchanged"),
        )
        if count
    ]
    return f"{', '.join([text, *more])}."


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _hold(
    kernel: Kernel,
    wishes: Sequence[Wish],
    *,
    preview: bool,
    below_cost: int | None,
    note: str,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Show what prices would do, and let them hold; those below cost are to be counted."""
    with kernel.db.read() as session:
        company_id = chosen_company(session, company_code).id
        found = preview_prices(session, company_id, wishes)
    if as_json and preview:
        print_json(preview_document(found, costs=True))
        return
    if not as_json:
        click.echo(said(found))
        for row in found.rows:
            if row.floor.is_below:
                click.echo(f"  below cost: {row.wish.seller_sku} {row.wish.currency}", err=True)
    if preview:
        return
    counted = below_cost if below_cost is not None else 0
    if found.below and below_cost is None and not as_json:
        counted = click.prompt("How many are below cost? Type the number to go on", type=int)
    with kernel.db.write() as session:
        kept = set_prices(
            session, company_id, wishes, actor=acting_user(), note=note, below_cost=counted
        )
        wake_prices(session, company_id, {wish.key[:2] for wish in wishes})
    if as_json:
        print_json(preview_document(kept, costs=True))
    else:
        click.echo("They hold from now on, and are told with the next run.")


def _currency(session: Session, company_id: int, platform: str, account: str) -> str:
    query = sa.select(Shop.currency).where(
        Shop.company_id == company_id, Shop.platform == platform, Shop.account == account
    )
    found = {row.currency for row in rows_of(session, query)}
    if len(found) != 1:
        raise InputError(
            f"{platform}/{account} sells in {', '.join(sorted(found)) or 'nothing yet'}.",
            where="currency",
            hint="Name it: --currency GBP.",
        )
    return str(found.pop())
