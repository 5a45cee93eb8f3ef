"""What the laws of single countries have in common, so that a regime says only what is its own.

Goods lie in the country and stay, lie there and leave, or arrive from abroad. The last is where
laws differ most; what they share is the consignment whose goods are judged one by one, and freight
that follows the goods it carries.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import ClassVar

from core.errors import InputError
from core.money import allocate
from core.money import to_text
from core.tax.booking import PLATFORM_TAX
from core.tax.decision import Given
from core.tax.decision import Levy
from core.tax.decision import TaxDecision
from core.tax.facts import Goods
from core.tax.facts import TaxFacts
from core.tax.forms import ReturnForm
from core.tax.invoice_rules import InvoiceRules
from core.tax.invoice_rules import invoice_rules
from core.tax.limits import LimitTable
from core.tax.limits import TaxLimit
from core.tax.limits import limit_table
from core.tax.places import is_country
from core.tax.points import TaxPoints
from core.tax.points import tax_points
from core.tax.rates import RateTable
from core.tax.rates import TaxRate
from core.tax.rates import rate_table
from core.tax.thresholds import ROLLING
from core.tax.thresholds import SalesWindow
from core.tax.thresholds import Threshold
from core.tax.thresholds import taxed_by

IMPORTER = "importer"
"""The scheme of a registration: the seller brings the goods in himself and sells them there."""

EXPORT = "export"
"""The class of goods in a table of rates that leave the country."""

NOT_REGISTERED = "below_registration_threshold"
BUSINESS = "B2B_excluded"


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a law treats a line: `rate` is None where nothing is charged, by `law` then.

    What is left empty follows from the rest: the account from who collects, the jurisdiction from
    the regime's home.
    """

    scheme: str
    reason: str
    rate: TaxRate | None = None
    collector: str = "seller"
    law: str = ""
    role: str = "sale"
    supply: str = "taxable"
    tax: str = ""
    account: str = ""
    jurisdiction: str = ""


@dataclass(frozen=True)
class CountryRegime:
    """A regime of one country; a subclass names its law and answers for its three cases.

    `package` is the addon's package, whose `tables/rates.toml`, `tables/limits.toml` and
    `tables/tax_points.toml` are read.
    `window` is the time over which sales count for the limit named `registration`.
    `imports_from` is the first day of which the regime judges what arrives from abroad, `schemes`
    are the registrations by which a seller charges the tax himself.
    """

    code: ClassVar[str]
    home: ClassVar[str]
    currency: ClassVar[str]
    package: ClassVar[str]
    tax: ClassVar[str] = "GST"
    account: ClassVar[str] = "2300"
    imports_from: ClassVar[date]
    schemes: ClassVar[tuple[str, ...]] = ("local",)
    forms: ClassVar[tuple[ReturnForm, ...]] = ()
    window: ClassVar[SalesWindow] = ROLLING

    def decide(self, facts: Sequence[TaxFacts]) -> Sequence[Given]:
        """Return one answer for each of the facts, None where the regime has no say."""
        home = self.home
        # Most of a batch is about other countries, and to look an answer up costs more than that.
        return [
            _judged(self, fact) if home in (fact.ship_from, fact.ship_to) else None
            for fact in facts
        ]

    def returns(self) -> Sequence[ReturnForm]:
        """Return the forms of the returns."""
        return self.forms

    def invoices(self) -> InvoiceRules:
        """Return what the law wants on invoices, as the addon's table says."""
        return invoice_rules(self.package)

    def thresholds(self) -> Sequence[Threshold]:
        """Return from which sales a seller must register."""
        history = self.limits.history(self.home, "registration")
        title = f"Registration for the {self.tax} of {self.home}"
        schemes = (*self.schemes, IMPORTER)
        code = f"{self.home.lower()}_registration"
        where = taxed_by(self.code)
        return [Threshold(code, title, self.home, history, where, self.window, schemes)]

    def judge(self, fact: TaxFacts) -> Given:
        """Return the answer for a line."""
        if fact.item == "own_goods":
            return None
        if fact.ship_from == self.home:
            self.known_class(fact)
            if is_country(fact.ship_to) and fact.ship_to != self.home:
                return self.export(fact)
            return self.domestic(fact)
        arrives = fact.ship_to == self.home and is_country(fact.ship_from)
        if not arrives or fact.taxed_on < self.imports_from:
            return None
        self.known_class(fact)
        if fact.registered(self.home, IMPORTER):
            return self.domestic(fact)
        return self.arriving(fact)

    def domestic(self, fact: TaxFacts) -> Given:
        """Decide a sale of goods that lie in the country, or that the seller brings in himself."""
        if not self.is_registered(fact):
            return self.unregistered(fact)
        rate = self.rate(fact)
        reason = f"Sale of goods in {self.home}: {fact.tax_class} rate {rate.percent}"
        return self.decision(fact, Treatment("domestic", reason, rate))

    def arriving(self, fact: TaxFacts) -> Given:
        """Decide a sale of goods that enter the country for it."""
        raise NotImplementedError

    def export(self, fact: TaxFacts) -> TaxDecision:
        """Free a sale of goods that leave the country."""
        rate = self.rates.on(self.home, EXPORT, fact.taxed_on)
        treatment = Treatment("export", f"Export to {fact.ship_to}: zero-rated", rate, "none")
        return self.decision(fact, replace(treatment, role="export", supply="zero_rated"))

    @property
    def rates(self) -> RateTable:
        """Return the rates of the addon."""
        return rate_table(self.package)

    @property
    def tax_points(self) -> TaxPoints:
        """Return on which day the law taxes a sale, as the addon's table says."""
        return tax_points(self.package)

    @property
    def limits(self) -> LimitTable:
        """Return the limits of the addon."""
        return limit_table(self.package)

    def rate(self, fact: TaxFacts) -> TaxRate:
        """Return the rate of the line's class on the day that the law takes it from."""
        return self.rates.on(self.home, fact.tax_class, self.tax_points.rate_day(fact))

    def rate_at_border(self, fact: TaxFacts) -> TaxRate:
        """Return the rate of the line's class on the day of the import, whenever it was paid."""
        return self.rates.on(self.home, fact.tax_class, fact.taxed_on)

    def limit(self, fact: TaxFacts, name: str) -> TaxLimit | None:
        """Return a limit on the day of the supply, None where there is none."""
        return self.limits.on(self.home, name, fact.taxed_on)

    def known_class(self, fact: TaxFacts) -> None:
        """Refuse a class of goods for which the country has no rate.

        Raises: InputError naming those that there are.
        """
        classes = [name for name in self.rates.classes(self.home) if name != EXPORT]
        if fact.tax_class not in classes:
            raise InputError(
                f"{self.code} knows no tax class {fact.tax_class!r}.",
                hint=f"Use {', '.join(classes)}.",
            )

    def on_marketplace(self, fact: TaxFacts) -> bool:
        """Say whether a marketplace makes the sale.

        Raises: InputError where nobody said what the platform is.
        """
        if not fact.channel:
            raise InputError(
                f"Nobody said whether {fact.platform} is a marketplace or the seller's own site,"
                f" on which depends who pays the {self.tax} of {self.home}.",
                hint="Say it with `entrepot tax channel`.",
            )
        return fact.is_marketplace

    def is_registered(self, fact: TaxFacts) -> bool:
        """Say whether the seller was registered to charge the tax on the day of the supply."""
        return any(fact.registered(self.home, each) for each in (*self.schemes, IMPORTER))

    def unregistered(self, fact: TaxFacts) -> TaxDecision:
        """Decide that a seller who is not registered charges nothing."""
        limit = self.limit(fact, "registration")
        reason = f"The seller is not registered for the {self.tax} of {self.home}: nothing charged"
        law = f"registration from {amount_text(limit)}: {limit.source}" if limit else ""
        treatment = Treatment(NOT_REGISTERED, reason, None, "none", law)
        return self.decision(fact, replace(treatment, supply="outside_scope"))

    def low_value(self, fact: TaxFacts, limit: TaxLimit) -> TaxDecision:
        """Decide goods from abroad whose tax is charged at the sale, not at the border."""
        law = f"low value up to {amount_text(limit)}: {limit.source}"
        if fact.is_checked_business:
            reason = "Low-value goods to a registered business: it accounts for the tax itself"
            treatment = Treatment(BUSINESS, reason, None, "buyer", law)
            return self.decision(fact, replace(treatment, supply="outside_scope"))
        rate = self.rate(fact)
        if self.on_marketplace(fact):
            reason = f"Low-value goods: the marketplace charges {self.tax} of {rate.percent}"
            treatment = Treatment("low_value_goods", reason, rate, "marketplace", law)
            return self.decision(fact, replace(treatment, supply="outside_scope"))
        if not self.is_registered(fact):
            return self.unregistered(fact)
        reason = f"Low-value goods: the seller charges {self.tax} of {rate.percent}"
        return self.decision(fact, Treatment("low_value_goods", reason, rate, law=law))

    def split(
        self,
        fact: TaxFacts,
        is_chosen: Callable[[Goods], bool],
        chosen: Callable[[], TaxDecision],
        rest: Callable[[], TaxDecision],
    ) -> Given:
        """Decide goods one by one; freight is shared out by the value of the goods it carries."""
        goods = fact.parcel().goods
        if fact.item != "delivery":
            return (chosen if is_chosen(goods[fact.place]) else rest)()
        marked = [is_chosen(each) for each in goods]
        if all(marked) or not any(marked):
            return (chosen if all(marked) else rest)()
        shares = allocate(fact.net or 0, [abs(each.net) for each in goods])
        part = sum(share for share, mark in zip(shares, marked, strict=True) if mark)
        return [Levy(chosen(), net=part), Levy(rest(), net=(fact.net or 0) - part)]

    def imported(self, fact: TaxFacts, scheme: str, reason: str) -> TaxDecision:
        """Decide that customs collect the tax from who receives the goods."""
        rate = self.rate_at_border(fact)
        treatment = Treatment(scheme, reason, rate, "customs", role="import")
        return self.decision(fact, replace(treatment, supply="outside_scope"))

    def decision(self, fact: TaxFacts, treatment: Treatment) -> TaxDecision:
        """Return a treatment as a decision with its evidence."""
        by_platform = treatment.collector == "marketplace"
        return TaxDecision(
            regime=self.code,
            collector=treatment.collector,
            jurisdiction=treatment.jurisdiction or self.home,
            scheme=treatment.scheme,
            rate=treatment.rate.rate if treatment.rate else 0,
            account=treatment.account or (PLATFORM_TAX if by_platform else self.account),
            reason=treatment.reason,
            evidence=self._evidence(fact, treatment),
            role=treatment.role,
            tax=treatment.tax or self.tax,
            supply=treatment.supply,
            origin=fact.ship_from,
        )

    def _evidence(self, fact: TaxFacts, treatment: Treatment) -> str:
        """Name the facts that decided; not the day itself, so that a decision serves many days."""
        rate = treatment.rate
        held = {
            each.scheme + (f" {each.region}" if each.region else "")
            for each in fact.seller.registrations
            if each.country == self.home and each.since <= fact.taxed_on < each.until
        }
        kind = EXPORT if treatment.role == "export" else fact.tax_class
        law = f"{kind} rate from {rate.since}: {rate.source}" if rate else "nothing is charged"
        said = [
            f"seller in {fact.seller_country}, registered here as {', '.join(sorted(held)) or '-'}",
            f"stock in {fact.ship_from}",
            # repr: the text may be anything, and evidence is one line.
            f"sent to {fact.ship_to!r}{' ' + fact.region if fact.region else ''}",
            f"{fact.channel or 'some'} sale to a {fact.buyer}"
            + (f" with a {fact.buyer_number} number" if fact.buyer == "business" else ""),
            law,
            treatment.law,
        ]
        return "; ".join(text for text in said if text)


@lru_cache(maxsize=1 << 16)
def _judged(regime: CountryRegime, fact: TaxFacts) -> Given:
    answer = regime.judge(fact)
    return tuple(answer) if isinstance(answer, Sequence) else answer


def amount_text(limit: TaxLimit) -> str:
    """Return a limit as it is spoken: `AUD 1000.00`."""
    return f"{limit.currency} {to_text(limit.amount, limit.currency)}"


def each_within(fact: TaxFacts, limit: TaxLimit) -> Callable[[Goods], bool]:
    """Return what says whether one item of some goods costs at most a limit."""
    parcel = fact.parcel()

    def within(goods: Goods) -> bool:
        return parcel.within(limit.amount * goods.quantity, limit.currency, goods.net)

    return within


def each_below(fact: TaxFacts, limit: TaxLimit) -> Callable[[Goods], bool]:
    """Return what says whether one item of some goods costs less than a limit."""
    parcel = fact.parcel()

    def below(goods: Goods) -> bool:
        return parcel.below(limit.amount * goods.quantity, limit.currency, goods.net)

    return below
