"""Commands of SKUs: `entrepot sku …`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from core.catalog.describing import Described
from core.catalog.describing import describe_skus
from core.catalog.describing import descriptions_in
from core.catalog.measuring import Measures
from core.catalog.measuring import measure_skus
from core.catalog.measuring import measures_in
from core.errors import InputError
from core.kernel.console import chosen_company
from core.kernel.console import company_option
from core.kernel.console import json_option
from core.kernel.console import pass_kernel
from core.kernel.console import print_json
from core.kernel.console import subgroup
from core.kernel.kernel import Kernel


def register(group: click.Group) -> None:
    """Add the commands."""
    commands = subgroup(group, "sku", "What SKUs are.")
    for command in (measure, describe):
        commands.add_command(command)


@click.command()
@click.argument("skus", nargs=-1)
@click.option("--grams", type=int, help="What a unit weighs as it is sent.")
@click.option("--size", metavar="LxWxH", help="Its sides in millimetres, such as 100x80x40.")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file with the columns sku, weight_grams, length_mm, width_mm and height_mm.",
)
@company_option
@json_option
@pass_kernel
def measure(
    kernel: Kernel,
    skus: Sequence[str],
    grams: int | None,
    size: str | None,
    path: Path | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say what a unit of some SKUs weighs and measures, or read it from a file."""
    if (path is None) == (not skus):
        raise InputError("name SKUs, or a file with --file.", where="sku measure")
    told = measures_in(path) if path is not None else dict.fromkeys(skus, _told(grams, size))
    with kernel.db.write() as session:
        changed = measure_skus(session, chosen_company(session, company_code).id, told)
    if as_json:
        print_json({"skus": len(told), "changed": changed})
    else:
        click.echo(f"{len(told)} SKUs, {changed} changed.")


@click.command()
@click.argument("skus", nargs=-1)
@click.option("--brand", help='Their brand; "" takes it away.')
@click.option("--owner", help='Who answers for them; "" takes it away.')
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file with the columns sku, brand and owner; - takes one away.",
)
@company_option
@json_option
@pass_kernel
def describe(
    kernel: Kernel,
    skus: Sequence[str],
    brand: str | None,
    owner: str | None,
    path: Path | None,
    company_code: str | None,
    as_json: bool,
) -> None:
    """Say the brand and the owner of some SKUs, by which profit is told too."""
    if (path is None) == (not skus):
        raise InputError("name SKUs, or a file with --file.", where="sku describe")
    if path is None and brand is None and owner is None:
        raise InputError("say --brand or --owner.", where="sku describe")
    said = dict.fromkeys(skus, Described(brand, owner))
    told = descriptions_in(path) if path is not None else said
    with kernel.db.write() as session:
        changed = describe_skus(session, chosen_company(session, company_code).id, told)
    if as_json:
        print_json({"skus": len(told), "changed": changed})
    else:
        click.echo(f"{len(told)} SKUs, {changed} changed.")


def _told(grams: int | None, size: str | None) -> Measures:
    sides = size.lower().split("x") if size else [None] * 3
    if grams is None and size is None:
        raise InputError("say --grams or --size.", where="sku measure")
    if len(sides) != 3 or not all(side is None or side.isdecimal() for side in sides):
        raise InputError(
            f"{size!r} cannot be read.", where="--size", hint="Write millimetres as 100x80x40."
        )
    return Measures(grams, *(None if side is None else int(side) for side in sides))
