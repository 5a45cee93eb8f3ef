"""What a warehouse provider is: who keeps the goods of a warehouse and sends them off."""

from __future__ import annotations

from typing import Literal
from typing import Protocol

ProviderKind = Literal["own", "3pl", "platform"]


class WarehouseProvider(Protocol):
    """A way to store and send goods."""

    @property
    def code(self) -> str:
        """Return the name of the addon, by which a warehouse names its provider."""

    @property
    def title(self) -> str:
        """Return the name for people."""

    @property
    def kind(self) -> ProviderKind:
        """Return who runs the warehouse."""

    @property
    def inventory_account(self) -> str:
        """Return the account of the chart that holds the value of the goods."""

    @property
    def can_reserve(self) -> bool:
        """Return whether the core may promise this stock to orders.

        False where the provider promises it itself, as a marketplace's own warehouse does.
        """


class RoutedOrder(Protocol):
    """What an addon that chooses warehouses may know of an order."""

    @property
    def id(self) -> int:
        """Return the order's id."""

    @property
    def company_id(self) -> int:
        """Return the company that sells."""
