"""The command line: `entrepot`, or `python -m core.cli`."""

from __future__ import annotations

import importlib.util
import logging.config
import tomllib
from typing import Any

import click

from core import __version__
from core.collector import leave_loaded_alone
from core.config import ROOT
from core.errors import EntrepotError

MODULES = (
    "core.commands",
    "core.checks",
    "core.db_commands",
    "core.kernel.commands",
    "core.kernel.connection_commands",
    "core.kernel.job_commands",
    "core.channels.commands",
    "core.kernel.secret_commands",
    "core.scaffold.commands",
    "core.orders.commands",
    "core.privacy.commands",
    "core.orders.channel_commands",
    "core.rules.commands",
    "core.catalog.commands",
    "core.stock.commands",
    "core.warehousing.commands",
    "core.costing.commands",
    "core.customs.commands",
    "core.publishing.commands",
    "core.publishing.listing_commands",
    "core.rates.commands",
    "core.fees.commands",
    "core.fees.profit_commands",
    "core.settlements.commands",
    "core.banking.commands",
    "core.tax.commands",
    "core.invoicing.commands",
    "core.allocation.commands",
    "core.expenses.commands",
    "core.closing.commands",
    "core.ledger.commands",
    "core.ledger.profit_commands",
    "core.profits.commands",
    "core.profits.report_commands",
    "core.identity.commands",
    "core.identity.audit_commands",
    "core.testkit.fakes.commands",
    "core.web.commands",
)


class Commands(click.Group):
    """A group that says an error of ours in one line, says where to read on, and ends with 2."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(context)
        except EntrepotError as error:
            click.echo(f"Error: {error} [{error.page}]", err=True)
            context.exit(2)


def build() -> click.Group:
    """Return the command line with the commands of every part of the core."""
    group = Commands(
        "entrepot",
        help="One record of orders, stock and money for sellers on many marketplaces.",
    )
    click.version_option(__version__, prog_name="entrepot")(group)
    for module in MODULES:
        # Asked for first: an ImportError inside the module is a fault and must be seen.
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module).register(group)
    return group


def main() -> None:
    """Run the command line."""
    settings = tomllib.loads((ROOT / "config" / "logging.toml").read_text(encoding="utf-8"))
    logging.config.dictConfig(settings)
    commands = build()
    leave_loaded_alone()
    commands(prog_name="entrepot")


if __name__ == "__main__":
    main()
