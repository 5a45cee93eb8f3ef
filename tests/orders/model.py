"""A model of orders that want goods of one shelf, too simple to be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

PARTS = {"A": {"A": 1}, "B": {"B": 1}, "KIT": {"A": 2, "B": 1}}


@dataclass(eq=False)
class Want:
    """What a line needs of a SKU: given, or still waited for; whose turn comes first is older."""

    sku: str
    turn: tuple[int, int]
    need: int
    given: int = 0
    waits: int = 0


@dataclass(eq=False)
class Sale:
    """An order."""

    day: int
    wants: list[Want]
    state: str = "to_review"

    @property
    def short(self) -> bool:
        return any(want.waits for want in self.wants)


@dataclass
class Shop:
    """A shelf, and all who want something of it."""

    shelf: dict[str, int] = field(default_factory=lambda: {"A": 0, "B": 0})
    sales: list[Sale] = field(default_factory=list)
    turns: int = 0

    def given(self, sku: str) -> int:
        return sum(w.given for sale in self.sales for w in sale.wants if w.sku == sku)

    def free(self, sku: str) -> int:
        return self.shelf[sku] - self.given(sku)

    def order(self, day: int, lines: list[tuple[str, int]]) -> None:
        wants = []
        for code, quantity in lines:
            for sku, each in PARTS[code].items():
                self.turns += 1
                wants.append(Want(sku, (day, self.turns), quantity * each))
        sale = Sale(day, wants)
        self.sales.append(sale)
        self._ask(sale)

    def _ask(self, sale: Sale) -> None:
        for want in sale.wants:
            missing = want.need - want.given - want.waits
            now = min(missing, self.free(want.sku))
            want.given, want.waits = want.given + now, want.waits + missing - now
        sale.state = "backordered" if sale.short else "allocated"

    def arrive(self, sku: str, quantity: int) -> None:
        self.shelf[sku] += quantity
        self._share(sku)

    def _share(self, sku: str) -> None:
        wants = [w for sale in self.sales for w in sale.wants if w.sku == sku and w.waits]
        for want in sorted(wants, key=lambda want: want.turn):
            now = min(want.waits, self.free(sku))
            want.given, want.waits = want.given + now, want.waits - now
        self._settle()

    def lose(self, sku: str, quantity: int) -> bool:
        if quantity > self.shelf[sku]:
            return False
        self.shelf[sku] -= quantity
        wants = [w for sale in self.sales for w in sale.wants if w.sku == sku and w.given]
        for want in sorted(wants, key=lambda want: want.turn, reverse=True):
            gone = min(want.given, max(-self.free(sku), 0))
            want.given, want.waits = want.given - gone, want.waits + gone
        self._settle()
        return True

    def _settle(self) -> None:
        for sale in self.sales:
            if sale.state in ("allocated", "backordered"):
                sale.state = "backordered" if sale.short else "allocated"

    def _give_up(self, sale: Sale) -> None:
        for want in sale.wants:
            want.given = want.waits = 0
        for sku in self.shelf:
            self._share(sku)

    def do(self, verb: str, sale: Sale) -> bool:
        """Apply a verb to an order and say whether it may be applied."""
        if sale.state not in ALLOWED[verb] or (verb in ("release", "ship") and sale.short):
            return False
        before, sale.state = sale.state, AFTER.get(verb, sale.state)
        if verb == "approve":
            self._ask(sale)
        elif verb == "recall":
            sale.state = "backordered" if sale.short else "allocated"
        elif verb == "cancel" and before == "released":
            sale.state = "cancel_requested"
        elif verb in ("lock", "cancel"):
            self._give_up(sale)
        elif verb in ("ship", "return"):
            self._leave(sale) if verb == "ship" else self._come_back(sale)
        return True

    def _leave(self, sale: Sale) -> None:
        for want in sale.wants:
            self.shelf[want.sku] -= want.given
            want.given = 0

    def _come_back(self, sale: Sale) -> None:
        for want in sale.wants:
            self.shelf[want.sku] += want.need
        sale.wants = []
        for sku in self.shelf:
            self._share(sku)


OPEN = {"to_review", "on_hold", "allocated", "backordered"}
ALLOWED = {
    "hold": OPEN,
    "lock": OPEN,
    "resume": {"on_hold"},
    "approve": OPEN,
    "release": {"allocated"},
    "recall": {"released"},
    "cancel": OPEN | {"released", "cancel_requested"},
    "ship": {"allocated", "released"},
    "return": {"shipped"},
}
AFTER = {
    "hold": "on_hold",
    "lock": "on_hold",
    "resume": "to_review",
    "release": "released",
    "cancel": "cancelled",
    "ship": "shipped",
}
