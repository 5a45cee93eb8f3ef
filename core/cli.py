"""The command line: `entrepot`, or `python -m core.cli`."""

from __future__ import annotations

import importlib
import logging.config
import tomllib
from typing import Any

import click

from core import __version__
from core.collector import leave_loaded_alone
from core.config import ROOT
from core.errors import EntrepotError

PARTS = {
    "core.commands": "init run serve worker",
    "core.checks": "addons digest verify",
    "core.db_commands": "db",
    "core.kernel.commands": "addons",
    "core.kernel.connection_commands": "connections",
    "core.kernel.job_commands": "jobs",
    "core.channels.commands": "connections",
    "core.kernel.secret_commands": "secrets",
    "core.scaffold.commands": "addons",
    "core.orders.commands": "import order",
    "core.orders.returns_commands": "returns",
    "core.disputes.commands": "disputes",
    "core.messages.commands": "messages",
    "core.privacy.commands": "privacy",
    "core.orders.channel_commands": "channel",
    "core.rules.commands": "rules",
    "core.catalog.commands": "sku",
    "core.stock.commands": "report",
    "core.warehousing.commands": "stock",
    "core.costing.commands": "cost stock",
    "core.customs.commands": "customs",
    "core.publishing.commands": "publish",
    "core.publishing.listing_commands": "listings",
    "core.rates.commands": "rates",
    "core.fees.commands": "fees",
    "core.fees.profit_commands": "profit",
    "core.fulfilling.commands": "fulfilments",
    "core.inbound.commands": "inbound",
    "core.labelling.commands": "label",
    "core.settlements.commands": "import settlement",
    "core.psp.commands": "import",
    "core.banking.commands": "bank import",
    "core.tax.commands": "tax",
    "core.invoicing.commands": "invoice",
    "core.allocation.commands": "allocation import",
    "core.expenses.commands": "expense",
    "core.closing.commands": "period",
    "core.ledger.commands": "export ledger",
    "core.ledger.profit_commands": "profit",
    "core.profits.commands": "profit",
    "core.profits.report_commands": "report",
    "core.identity.commands": "tokens users",
    "core.identity.audit_commands": "audit",
    "core.testkit.fakes.commands": "fake",
    "core.web.commands": "admin-token",
}
"""Which modules have the commands of which names: only those that are asked for are loaded."""


class Commands(click.Group):
    """A group that says an error of ours in one line, says where to read on, and ends with 2.

    The modules of its commands are loaded when one of their names is asked for: all of them take
    longer to load than most commands take to run.
    """

    def __init__(self) -> None:
        super().__init__(
            "entrepot",
            help="One record of orders, stock and money for sellers on many marketplaces.",
        )
        self._waiting = {module: names.split() for module, names in PARTS.items()}

    def load(self, name: str | None = None) -> None:
        """Load the modules that have commands of a name; without a name all of them."""
        for module, names in list(self._waiting.items()):
            if name is None or name in names:
                del self._waiting[module]
                importlib.import_module(module).register(self)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        self.load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a name, if there is one."""
        self.load(cmd_name)
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except EntrepotError as error:
            click.echo(f"Error: {error} [{error.page}]", err=True)
            ctx.exit(2)


def build() -> Commands:
    """Return the command line with the commands of every part of the core."""
    group = Commands()
    click.version_option(__version__, prog_name="entrepot")(group)
    return group


def main() -> None:
    """Run the command line."""
    settings = tomllib.loads((ROOT / "config" / "logging.toml").read_text(encoding="utf-8"))
    logging.config.dictConfig(settings)
    # Before anything is loaded: nothing of it is garbage.
    leave_loaded_alone()
    build()(prog_name="entrepot")


if __name__ == "__main__":
    main()
