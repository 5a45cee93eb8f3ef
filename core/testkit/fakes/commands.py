"""The command that lets simulated marketplaces live."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import ExitStack
from typing import Any

import click

from core.kernel.console import json_option
from core.kernel.console import subgroup


def register(group: click.Group) -> None:
    """Add the command."""
    subgroup(group, "fake", "Simulated marketplaces to try things with.").add_command(up)


@click.command()
@click.argument(
    "platforms",
    nargs=-1,
    required=True,
    type=click.Choice(["amazon", "ebay", "shopify", "tiktok", "vies"]),
)
@click.option("--seed", default=7, show_default=True, help="The same seed lives the same month.")
@click.option("--orders", default=300, show_default=True, help="How many orders a month has.")
@click.option("--port", default=0, help="Port of the first one, the others follow; 0: free ones.")
@click.option("--factor", default=100.0, show_default=True, help="How much faster rates are.")
@click.option("--faults", default=0.0, show_default=True, help="Which share of requests fails.")
@json_option
def up(
    platforms: tuple[str, ...],
    seed: int,
    orders: int,
    port: int,
    factor: float,
    faults: float,
    as_json: bool,
) -> None:
    """Let marketplaces answer on the loopback until Ctrl-C, and say how to connect to them."""
    from core.testkit.fakes.making import make

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with ExitStack() as stack:
        told: list[dict[str, Any]] = []
        for number, platform in enumerate(dict.fromkeys(platforms)):
            fake = make(platform, seed=seed, orders=orders, factor=factor, faults=faults)
            fake.mail.begin(fake.trade)
            served = stack.enter_context(fake.up(port + number if port else 0))
            told.append(
                {
                    "platform": platform,
                    "address": served.url,
                    "credentials": fake.credentials() | fake.advertising(),
                }
            )
        _say(told, as_json)
        stop.wait()
    if not as_json:
        click.echo("Stopped.")


def _say(told: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told))
        return
    for each in told:
        click.echo(f"{each['platform']}: {each['address']}")
        for name, value in each["credentials"].items():
            click.echo(f"  {name} = {value}")
    hosts = ",".join(each["address"].removeprefix("http://") for each in told)
    click.echo(f"Let Entrepot reach them: export ENTREPOT_HTTP_ALLOW={hosts}")
