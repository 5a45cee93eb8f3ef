"""What a warehouse provider is: who keeps the goods of a warehouse and sends them off."""

from __future__ import annotations

from typing import Literal
from typing import Protocol

ProviderKind = Literal["own", "3pl", "platform"]


class WarehouseProvider(Protocol):
    """A way to store and send goods; a warehouse names its provider by `code`.

    `code` is the name of the addon that offers it. `inventory_account` is the account of the
    chart that holds the value of the goods. Where `can_reserve` is false the provider promises
    its stock itself, as a marketplace's own warehouse does, and the core reserves nothing there.
    """

    code: str
    title: str
    kind: ProviderKind
    inventory_account: str
    can_reserve: bool
