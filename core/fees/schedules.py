"""Fee schedules: what a platform charges in a market from a day on, as data files say it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from typing import Protocol

from core.errors import InputError
from core.fees.facts import FeeFacts
from core.fees.rates import BASES
from core.fees.rates import Band
from core.fees.rates import FixedFee
from core.fees.rates import Portion
from core.fees.rates import RateFee
from core.fees.rates import RefundFee
from core.fees.sizing import Above
from core.fees.sizing import SizeFee
from core.fees.sizing import Step
from core.fees.sizing import Tier
from core.money import MICRO
from core.money import to_minor

_UNITS = {
    "g": Fraction(1),
    "kg": Fraction(1000),
    "oz": Fraction("28.349523125"),
    "lb": Fraction("453.59237"),
    "mm": Fraction(1),
    "cm": Fraction(10),
    "in": Fraction("25.4"),
}
_MEASURE = re.compile(r"([\d.]+) ?([a-z]+)")


class TableFee(Protocol):
    """One fee of a schedule."""

    @property
    def account(self) -> str:
        """Return the account that it is booked on."""

    @property
    def refunded(self) -> bool:
        """Say whether the platform gives it back with a refund."""

    @property
    def fulfilment(self) -> str:
        """Return `platform` or `seller` if it is charged only where that one sends the goods."""

    def cost(self, facts: FeeFacts) -> int | None:
        """Return what a line costs, None where the table does not say."""


@dataclass(frozen=True)
class FeeSchedule:
    """What a platform charges in a market from a day to another, both included."""

    platform: str
    market: str
    currency: str
    version: str
    since: date
    until: date
    source: str
    fees: tuple[TableFee, ...]
    refund: RefundFee | None = None

    @property
    def name(self) -> str:
        """Return what names the schedule in estimates."""
        return f"table {self.platform}/{self.market} {self.version}"


def read_schedule(text: str, *, name: str = "schedule") -> FeeSchedule:
    """Read a schedule from TOML.

    Raises: InputError naming what cannot be used.
    """
    try:
        said = tomllib.loads(text)
        return _Reader(said["currency"]).schedule(said)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(
            f"The fee schedule cannot be used: {error!r}.",
            where=name,
            hint="docs/how-to/estimated-fees.md says where there are examples.",
        ) from error


def schedule_on(
    schedules: Sequence[FeeSchedule], platform: str, market: str, day: date
) -> FeeSchedule | None:
    """Return the schedule that holds on a day: of several the one since the latest day."""
    holding = [
        each
        for each in schedules
        if (each.platform, each.market) == (platform, market) and each.since <= day <= each.until
    ]
    return max(holding, key=lambda each: (each.since, each.version), default=None)


class _Reader:
    """Reads the parts of a schedule; amounts are in its currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def schedule(self, said: Mapping[str, Any]) -> FeeSchedule:
        fees: list[TableFee] = [self._rate(each) for each in said.get("rate", ())]
        fees += [self._fixed(each) for each in said.get("fixed", ())]
        fees += [self._size(each) for each in said.get("size", ())]
        if not fees:
            raise ValueError("it has no fee")
        refund = said.get("refund")
        return FeeSchedule(
            said["platform"],
            said["market"],
            self.currency,
            said["version"],
            _day(said["since"]),
            _day(said.get("until", date.max)),
            said["source"],
            tuple(fees),
            self._refund(refund) if refund else None,
        )

    def money(self, said: object) -> int:
        return to_minor(Decimal(str(said)), self.currency)

    def _rate(self, said: Mapping[str, Any]) -> RateFee:
        if said["base"] not in BASES:
            raise ValueError(f"{said['base']!r} is none of {', '.join(BASES)}")
        return RateFee(
            said["account"],
            said["base"],
            {name.casefold(): self._bands(each) for name, each in said["categories"].items()},
            self.money(said.get("minimum", 0)),
            said.get("refunded", False),
            said.get("fulfilment", ""),
        )

    def _bands(self, said: Any) -> tuple[Band, ...]:
        """Read a percentage, or bands that are {upto, percent} or {upto, portions}."""
        if not isinstance(said, list):
            return (Band(None, (Portion(None, _percent(said)),)),)
        return tuple(
            Band(
                self._limit(band),
                tuple(
                    Portion(self._limit(part), _percent(part["percent"]))
                    for part in band.get("portions", [{"percent": band.get("percent")}])
                ),
            )
            for band in said
        )

    def _limit(self, said: Mapping[str, Any]) -> int | None:
        return self.money(said["upto"]) if "upto" in said else None

    def _fixed(self, said: Mapping[str, Any]) -> FixedFee:
        if said["per"] not in ("unit", "order"):
            raise ValueError(f"{said['per']!r} is neither unit nor order")
        bands = said.get("bands", [{"amount": said.get("amount")}])
        return FixedFee(
            said["account"],
            said["per"],
            tuple((self._limit(band), self.money(band["amount"])) for band in bands),
            said.get("refunded", False),
            said.get("fulfilment", ""),
        )

    def _refund(self, said: Mapping[str, Any]) -> RefundFee:
        cap = self.money(said["cap"]) if "cap" in said else None
        return RefundFee(said["account"], said["of"], _percent(said["percent"]), cap)

    def _size(self, said: Mapping[str, Any]) -> SizeFee:
        # The divisor is told as tables tell it: cubic inches for a pound, cubic cm for a kilogram.
        length, weight = _UNITS[said["length"]], _UNITS[said["weight"]]
        return SizeFee(
            said["account"],
            tuple(self._tier(each, said["length"]) for each in said["tier"]),
            Fraction(str(said["divisor"])) * length**3 / weight,
            self._prices(said.get("prices", ())),
            {name.casefold(): self._prices(p) for name, p in said.get("prices_of", {}).items()},
            said.get("refunded", False),
            said.get("fulfilment", "platform"),
        )

    def _prices(self, said: Sequence[object]) -> tuple[int, ...]:
        return tuple(self.money(each) for each in said)

    def _tier(self, said: Mapping[str, Any], length: str) -> Tier:
        def weight(name: str) -> Fraction | None:
            return _measure(said[name]) if name in said else None

        unit = _UNITS[length]
        above = said.get("above")
        return Tier(
            said["name"],
            tuple(Fraction(str(side)) * unit for side in said.get("sides", ())),
            Fraction(str(said["girth"])) * unit if "girth" in said else None,
            weight("unit"),
            weight("dimensional"),
            weight("chargeable"),
            said.get("basis", "chargeable"),
            Fraction(str(said.get("least_side", 0))) * unit,
            tuple(
                Step(_measure(upto), self._prices(fees)) for upto, *fees in said.get("steps", ())
            ),
            Above(
                _measure(above["over"]),
                _measure(above["each"]),
                self.money(above["fee"]),
                self._prices(above["base"]),
            )
            if above
            else None,
        )


def _measure(said: str) -> Fraction:
    found = _MEASURE.fullmatch(said)
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"{said!r} is no weight such as '3 lb' or '450 g'")
    return Fraction(found[1]) * _UNITS[found[2]]


def _percent(said: object) -> int:
    share = Decimal(str(said)) * MICRO / 100
    if share != int(share) or not 0 <= share <= MICRO:
        raise ValueError(f"{said!r} is no percentage")
    return int(share)


def _day(said: object) -> date:
    if not isinstance(said, date):
        raise TypeError(f"{said!r} is no day such as 2026-01-15")
    return said
