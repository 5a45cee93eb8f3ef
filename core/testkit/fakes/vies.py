"""A register of VAT numbers like VIES: it answers, is down for single states, or for all."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any
from typing import Self

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Fake
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.faults import Faults
from core.testkit.fakes.time import FakeClock
from core.testkit.fakes.trade import Terms
from core.testkit.fakes.trade import Trade

REST = "/taxation_customs/vies/rest-api"
REQUESTER = "DE136695976"
VALID = frozenset({"FR40303265045", "DE136695976", "ESB58378431", "ATU13585627", "EL094259216"})
"""Numbers whose check digits hold; the register knows them as valid at first."""

DOWN, BUSY, EVERYWHERE = "MS_UNAVAILABLE", "MS_MAX_CONCURRENT_REQ", "*"


class Register(Part):
    """The two questions that VIES answers."""

    @operation("vies.check", "POST", f"{REST}/check-vat-number", signed=False)
    def check(self, asked: Asked) -> Response:
        """Say whether a number is valid today, with a number of the consultation if one asks."""
        said = asked.document()
        country, number = str(said.get("countryCode", "")), str(said.get("vatNumber", ""))
        fake: ViesFake = self.fake
        fake.asked.append(f"{country}{number}")
        if reason := fake.down.get(country) or fake.down.get(EVERYWHERE):
            return _wrapped(reason, 200 if reason == BUSY else 500)
        requester = f"{said.get('requesterMemberStateCode', '')}{said.get('requesterNumber', '')}"
        if requester and requester not in fake.valid:
            return _wrapped("INVALID_REQUESTER_INFO", 400)
        told: dict[str, Any] = {
            "countryCode": country,
            "vatNumber": number,
            "requestDate": fake.clock.now().isoformat(),
            "valid": f"{country}{number}" in fake.valid,
        }
        told["requestIdentifier"] = f"WAPIFAKE{len(fake.asked):08d}" if requester else ""
        return as_json(told)

    @operation("vies.status", "GET", f"{REST}/check-status", signed=False)
    def status(self, _asked: Asked) -> Response:
        """Say which member states answer."""
        down = self.fake.down
        return as_json(
            {
                "vow": {"available": EVERYWHERE not in down},
                "countries": [
                    {"countryCode": each, "availability": "Unavailable"} for each in sorted(down)
                ],
            }
        )


class ViesFake(Fake):
    """A register whose numbers and outages a test chooses: `valid`, `down`, and what was `asked`.

    `down` names the reason by member state, or under `*` for all of them.
    """

    platform = "vies"
    parts = (Register,)

    def __init__(
        self,
        *,
        clock: FakeClock | None = None,
        factor: float = 1.0,
        faults: Faults | None = None,
        down: Mapping[str, str] | None = None,
    ) -> None:
        time = clock or FakeClock()
        dice = random.Random(0)  # noqa: S311 - it guards nothing
        # A register trades in nothing; what all simulated services share wants a trade.
        nothing = Trade(Terms(), {}, lambda _dice: "", time.now(), dice)
        super().__init__(nothing, clock=time, factor=factor, faults=faults)
        self.valid = set(VALID)
        self.down = dict(down or {})
        self.asked: list[str] = []

    @classmethod
    def lived(
        cls,
        _seed: int = 7,
        _orders: int = 0,
        *,
        clock: FakeClock | None = None,
        factor: float = 1.0,
        faults: Faults | None = None,
    ) -> Self:
        """Return a register; it has no past."""
        return cls(clock=clock, factor=factor, faults=faults)

    def credentials(self) -> dict[str, str]:
        """Return what a seller enters to ask this register."""
        address = self.served.url if self.served is not None else ""
        return {"requester": REQUESTER, "simulator": address}

    def refuse(self, refusal: Refusal) -> Response:
        """Return a refusal as VIES words it."""
        code = "SERVICE_UNAVAILABLE" if refusal.status >= 500 else refusal.code
        return _wrapped("GLOBAL_MAX_CONCURRENT_REQ" if refusal.status == 429 else code)


def _wrapped(reason: str, status: int = 400) -> Response:
    return as_json({"actionSucceed": False, "errorWrappers": [{"error": reason}]}, status)
