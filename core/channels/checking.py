"""Questions to registers of tax numbers, and their answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NumberQuestion:
    """A tax number to be looked up; `country` issued it, `number` is compact, without prefix."""

    country: str
    number: str


@dataclass(frozen=True, slots=True)
class NumberAnswer:
    """What a register says; `consultation` is its own number of the answer, if it gives any.

    `requester` is the number in whose name it was asked.
    """

    valid: bool
    consultation: str = ""
    requester: str = ""
