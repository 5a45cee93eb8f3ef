"""The only module of the core that an addon may import."""

from __future__ import annotations

from core.channels.connector import FileConnector
from core.channels.connector import LineKind
from core.channels.connector import OrderFile
from core.channels.connector import OrderFileFacts
from core.channels.connector import RejectedLine
from core.channels.connector import ShopFacts
from core.channels.connector import SourceLine
from core.db import Base
from core.db import BigInt
from core.db import Day
from core.db import Flag
from core.db import Json
from core.db import Str
from core.db import UtcDateTime
from core.db import table_args
from core.errors import AmbiguousHook
from core.errors import AuthFailed
from core.errors import Conflict
from core.errors import ConnectorError
from core.errors import EntrepotError
from core.errors import InputError
from core.errors import MappingError
from core.errors import NotFound
from core.errors import RateLimited
from core.errors import Unavailable
from core.errors import Unresolved
from core.errors import Veto
from core.kernel.blueprint import AddonBlueprint
from core.kernel.connections import ConnectionInfo
from core.kernel.hookspecs import hookimpl
from core.kernel.settings import addon_settings
from core.money import amount_of
from core.money import minor_digits
from core.money import parse_decimal
from core.money import round_div
from core.money import to_micro
from core.stock.provider import ProviderKind
from core.stock.provider import RoutedOrder
from core.stock.provider import WarehouseProvider
from core.stock.queries import default_warehouses
from core.stock.queries import open_reservations
from core.tax.deciding import tax_amount
from core.tax.regime import TaxDecision
from core.tax.regime import TaxFacts
from core.tax.regime import TaxRegime

__all__ = [
    "AddonBlueprint",
    "AmbiguousHook",
    "AuthFailed",
    "Base",
    "BigInt",
    "Conflict",
    "ConnectionInfo",
    "ConnectorError",
    "Day",
    "EntrepotError",
    "FileConnector",
    "Flag",
    "InputError",
    "Json",
    "LineKind",
    "MappingError",
    "NotFound",
    "OrderFile",
    "OrderFileFacts",
    "ProviderKind",
    "RateLimited",
    "RejectedLine",
    "RoutedOrder",
    "ShopFacts",
    "SourceLine",
    "Str",
    "TaxDecision",
    "TaxFacts",
    "TaxRegime",
    "Unavailable",
    "Unresolved",
    "UtcDateTime",
    "Veto",
    "WarehouseProvider",
    "addon_settings",
    "amount_of",
    "default_warehouses",
    "hookimpl",
    "minor_digits",
    "open_reservations",
    "parse_decimal",
    "round_div",
    "table_args",
    "tax_amount",
    "to_micro",
]
