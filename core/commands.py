"""Commands for the installation as a whole: make it, serve it, run its worker."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import click

from core import bootstrap
from core.config import ROOT
from core.config import Config
from core.kernel.console import current_config
from core.kernel.console import current_kernel
from core.kernel.console import json_option
from core.kernel.console import print_json


def register(group: click.Group) -> None:
    """Add the commands."""
    for command in (init, serve, worker, run):
        group.add_command(command)


@click.command()
@click.option("--company", metavar="NAME", help="Whose books are kept.")
@click.option("--country", metavar="CC", help="Two letters, such as GB.")
@click.option("--currency", metavar="CUR", help="Currency of the books; default: the country's.")
@click.option("--timezone", metavar="TZ", help="Such as Europe/London; default: the country's.")
@click.option("--no-backup", is_flag=True, help="Do not copy a database of an older version first.")
@json_option
def init(
    company: str | None,
    country: str | None,
    currency: str | None,
    timezone: str | None,
    no_backup: bool,
    as_json: bool,
) -> None:
    """Make the database, the company and the addons; done twice it changes nothing."""
    wish = bootstrap.CompanyWish(company, country, currency, timezone)
    result = bootstrap.initialise(current_config(), wish, copy=not no_backup)
    if as_json:
        print_json(result.as_document())
        return
    if result.backup is not None:
        click.echo(result.backup.said)
    made = result.company
    click.echo(f"Database: {result.database}")
    click.echo(f"Company: {made.name} ({made.country}, {made.currency}, {made.timezone})")
    click.echo(f"Addons: {', '.join(result.enabled) or 'none'}")
    for name, reason in result.broken.items():
        click.echo(f"Left out: {name}. {reason}", err=True)


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
def serve(host: str | None, port: int | None) -> None:
    """Serve the web application."""
    config = _at(host, port)
    current_kernel()
    os.chdir(ROOT)
    os.execv(sys.executable, bootstrap.web_command(config))  # noqa: S606


@click.command()
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    envvar="ENTREPOT_WORKER_PROCESSES",
    help="How many jobs run at a time.",
)
def worker(processes: int) -> None:
    """Run jobs and their schedules until told to stop; any number of machines may."""
    from core.kernel.worker import work

    sys.exit(work(current_kernel(), processes))


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
def run(host: str | None, port: int | None) -> None:
    """Make the demo company if there is none yet, then serve it and run its worker."""
    from core.running import supervise

    config = _at(host, port)
    bootstrap.initialise_demo(config, click.echo)
    click.echo(f"Entrepot: http://{config.host}:{config.port}/")
    token = bootstrap.first_token(config)
    if token:
        click.echo(f"Sign in with this token: {token}")
    sys.exit(supervise(config))


def _at(host: str | None, port: int | None) -> Config:
    config = current_config()
    return replace(config, host=host or config.host, port=port or config.port)
