"""What a tax regime answers: who collects which tax of a line, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields
from functools import lru_cache

from core.money import MICRO
from core.money import round_div

RATE_ONE = MICRO
"""Tax rates are stored in millionths: 17.5 % is 175 000, 9.975 % is 99 750."""

COLLECTORS = frozenset({"seller", "marketplace", "customs", "buyer", "none"})
"""Who pays the tax over; `buyer` is the reverse charge, also where we are the buyer."""

ROLES = frozenset({"sale", "export", "import", "acquisition", "withholding"})
"""What is taxed, see `TaxDecision`."""

CHARGED = frozenset({"seller", "marketplace"})
"""Collectors whose tax the buyer pays with the price."""


@dataclass(frozen=True, slots=True)
class TaxDecision:
    """Who collects which tax; the same decision serves all lines that it holds for.

    - `regime`: the regime's own code. `jurisdiction`: whose tax it is, `DE` or `CA-ON`.
    - `collector`: seller, marketplace, customs, buyer (reverse charge) or none.
    - `scheme`: the rule that applies; return boxes select by it, so it never changes its meaning.
    - `rate` in millionths (17.5 % is 175 000). `tax` is the kind of tax, a machine code such as
      `VAT`, `HST`, `duty`; `account` of the chart takes what is charged.
    - `role`: `sale` taxes the supply; `export` frees it where the goods leave, and then the country
      of arrival may decide too; `import` is due at the border and the seller books nothing;
      `acquisition` is self-assessed by us; `withholding` is kept back from the payout.
    - `supply`: what the seller's own supply is where it differs: `exempt_with_credit`,
      `outside_scope`, `zero_rated`; `taxable` otherwise. `origin`: country of dispatch.
    - `reason` for a person, `evidence` the facts that decided, each one line of text; name the day
      a rate holds from and not the day of the sale, so that a decision serves many days.
    """

    regime: str
    collector: str
    jurisdiction: str
    scheme: str
    rate: int
    account: str
    reason: str
    evidence: str
    role: str = "sale"
    tax: str = "VAT"
    supply: str = "taxable"
    origin: str = "ZZ"

    @property
    def is_charged(self) -> bool:
        """Say whether the buyer pays it with the price, so that the sale's entry books it."""
        return self.role == "sale" and self.collector in CHARGED

    @property
    def charged_rate(self) -> int:
        """Return the rate that the sale's entry books."""
        return self.rate if self.is_charged else 0


@dataclass(frozen=True, slots=True)
class Levy:
    """A decision with its amounts, where they are not simply rate × the line's net.

    `net` is how much of the line it accounts for: None for all of it. The levies of a line that
    are not `further` must share its net out exactly, so that each part has one treatment; a
    `further` one adds a tax on what another accounts for already (import VAT's duty, QST beside
    GST, an export's zero-rating). `base` is what is taxed, by default `net`; `amount` is the tax,
    by default rate × base. All in minor units of the consignment's currency.
    """

    decision: TaxDecision
    net: int | None = None
    base: int | None = None
    amount: int | None = None
    further: bool = False

    @property
    def is_plain(self) -> bool:
        """Say whether the decision and its rate say all: it accounts for the whole line."""
        return not self.further and self.net is self.base is self.amount is None

    def taxed(self, line_net: int) -> tuple[int, int]:
        """Return what is taxed of a line, and the tax on it."""
        net = line_net if self.net is None else self.net
        base = net if self.base is None else self.base
        return base, tax_amount(base, self.decision.rate) if self.amount is None else self.amount


Given = TaxDecision | Sequence[TaxDecision | Levy] | None
"""What a regime answers for a line: one decision for all of it, several levies, or no say."""

TEXTS = tuple(field.name for field in fields(TaxDecision) if field.name != "rate")


def tax_amount(net_minor: int, rate: int) -> int:
    """Return the tax on a line's net amount, rounded half away from zero, once per line.

    `rate` is in millionths: 17.5 % is 175 000.
    """
    return round_div(net_minor * rate, RATE_ONE)


def tax_within(gross_minor: int, rate: int) -> int:
    """Return the tax that a price contains, rounded half away from zero."""
    return round_div(gross_minor * rate, RATE_ONE + rate)


def check_decision(answer: object) -> None:
    """Refuse an answer that the books could not carry.

    Raises: TypeError or ValueError saying what is wrong with it.
    """
    if not isinstance(answer, TaxDecision):
        raise TypeError(f"{answer!r} is not a TaxDecision")
    if type(answer.rate) is not int or not 0 <= answer.rate <= RATE_ONE:
        raise ValueError(f"{answer.rate!r} is not a rate in millionths")
    try:
        _check_texts(answer)
    except TypeError:
        # A field that is a list or the like has no hash: then it is no text either.
        _check_texts.__wrapped__(answer)


@lru_cache(maxsize=4096)
def _check_texts(answer: TaxDecision) -> None:
    if answer.collector not in COLLECTORS:
        raise ValueError(f"{answer.collector!r} is not one of {', '.join(sorted(COLLECTORS))}")
    if answer.role not in ROLES:
        raise ValueError(f"{answer.role!r} is not one of {', '.join(sorted(ROLES))}")
    for name in TEXTS:
        text = getattr(answer, name)
        if not isinstance(text, str) or not text or not text.isprintable():
            raise ValueError(f"{name} is {text!r}, it must be one line of text")


def levies_of(given: object, line_net: int | None) -> tuple[Levy, ...]:
    """Return an answer as levies that share out a line, the one that decides first.

    Raises: TypeError or ValueError saying what is wrong with them.
    """
    if isinstance(given, TaxDecision):
        check_decision(given)
        return (Levy(given),)
    if not isinstance(given, Sequence) or not given:
        raise TypeError(f"{given!r} is neither a TaxDecision nor some levies")
    levies = tuple(each if isinstance(each, Levy) else Levy(each) for each in given)
    for levy in levies:
        check_decision(levy.decision)
    _check_shares(levies, line_net)
    return levies


def _check_shares(levies: Sequence[Levy], line_net: int | None) -> None:
    if levies[0].further:
        raise ValueError("the first levy of a line accounts for it, it cannot be a further one")
    shares = [levy.net for levy in levies if not levy.further]
    if shares == [None]:
        return
    known = [share for share in shares if share is not None]
    if len(known) < len(shares) or line_net is None or sum(known) != line_net:
        raise ValueError(f"the levies account for {shares} of a line of {line_net}")
