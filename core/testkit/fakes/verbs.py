"""What can happen to the orders of a simulated marketplace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from core.money import allocate
from core.money import round_div
from core.testkit.fakes.goods import Buyer
from core.testkit.fakes.till import Part
from core.testkit.fakes.till import buy_label
from core.testkit.fakes.till import charge_buyer
from core.testkit.fakes.till import pay_back
from core.testkit.fakes.trade import Item
from core.testkit.fakes.trade import Parcel
from core.testkit.fakes.trade import Refund
from core.testkit.fakes.trade import Return
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Sending
from core.testkit.fakes.trade import Settlement
from core.testkit.fakes.trade import Status
from core.testkit.fakes.trade import Trade
from core.testkit.fakes.truth import Fact
from core.testkit.fakes.truth import Kind
from core.testkit.fakes.truth import Share


class SoldOut(Exception):
    """A buyer wants more than the marketplace shows."""


def buy(
    trade: Trade,
    buyer: Buyer,
    wanted: Mapping[str, int],
    at: datetime,
    *,
    postage: int = 0,
    stored: bool = False,
    paid: bool = True,
) -> Sale:
    """Let somebody buy; what is shown goes down at once.

    Raises: SoldOut when a product is not there as often; then nothing happened.
    """
    for sku, quantity in wanted.items():
        if trade.products[sku].shown < quantity:
            raise SoldOut(sku)
    items = []
    for sku, quantity in wanted.items():
        product = trade.products[sku]
        product.shown -= quantity
        net = product.price * quantity
        tax = _taxed(trade, net, buyer)
        items.append(Item(trade.next_number(), product, quantity, net, tax))
    ref = trade.name_order(trade.dice)
    status = Status.OPEN if paid else Status.UNPAID
    tax = _taxed(trade, postage, buyer)
    sale = Sale(ref, buyer, at, at, items, postage, tax, stored, status)
    trade.sales[ref] = sale
    if paid:
        charge_buyer(trade, sale, at)
    return sale


def pay(trade: Trade, sale: Sale, at: datetime) -> None:
    """Let the buyer pay."""
    if sale.status is Status.UNPAID:
        sale.status = Status.OPEN
        charge_buyer(trade, sale, at)
        trade.changed(sale, at)


def cancel(trade: Trade, sale: Sale, at: datetime, item: Item | None = None, n: int = 0) -> None:
    """Cancel so many pieces of a line, or all that has not left; it is for sale again."""
    paid_back: list[Part] = []
    for each in sale.items if item is None else [item]:
        count = each.open if item is None else min(n, each.open)
        if count and sale.paid_at is not None:
            paid_back.append(_cancelled(trade, sale, each, count, at))
        each.cancelled += count
        each.product.shown += count
    _settle_status(sale)
    if sale.status is Status.CANCELLED:
        paid_back.append((sale.items[0], sale.postage, sale.postage_tax))
    pay_back(trade, sale, paid_back, at)
    trade.changed(sale, at)


def ask_to_cancel(trade: Trade, sale: Sale, at: datetime) -> None:
    """Let the buyer ask whether he may cancel an order."""
    sale.cancel_asked_at = at
    trade.changed(sale, at)


def answer_cancel(trade: Trade, sale: Sale, at: datetime, *, granted: bool) -> None:
    """Let the seller answer, or let the buyer think better of it."""
    sale.cancel_asked_at = None
    if granted:
        cancel(trade, sale, at)
    trade.changed(sale, at)


def send(trade: Trade, sale: Sale, parcel: Parcel) -> bool:
    """Let a parcel leave: it is a sale now, and fees are due. The same parcel again is nothing.

    Raises: ValueError for more than is open.
    """
    if any(each.ref == parcel.ref for each in sale.parcels):
        return False
    if over := [ref for ref, n in parcel.quantities.items() if n > sale.item(ref).open]:
        raise ValueError(f"More of {over[0]} than is open.")
    first = not sale.parcels
    sale.parcels.append(parcel)
    for ref, quantity in parcel.quantities.items():
        _book_sent(trade, sale, sale.item(ref), quantity, parcel.sent_at)
    buy_label(trade, sale, parcel.sent_at)
    if first:
        for kind, amount in ((Kind.POSTAGE, sale.postage), (Kind.POSTAGE_TAX, sale.postage_tax)):
            trade.truth.add(Fact(parcel.sent_at, kind, amount, sale.ref))
    _settle_status(sale)
    trade.changed(sale, parcel.sent_at)
    return True


def refund(trade: Trade, sale: Sale, item: Item, quantity: int, at: datetime) -> Refund:
    """Give the buyer his money back; the commission comes back too, less a fee for the work."""
    before, after = item.refunded, item.refunded + quantity
    net, tax = _returned(trade, sale, item, before, after)
    made = Refund(trade.next_number(), item.ref, quantity, net, tax, at)
    item.refunded = after
    sale.refunds.append(made)
    for each in sale.announced:
        if (each.item, each.quantity, each.refund) == (item.ref, quantity, ""):
            each.refund, each.before = made.ref, before
            move_return(trade, sale, each, Sending.CLOSED, at)
            break
    pay_back(trade, sale, [(item, made.net, made.tax)], at)
    commission = round_div((made.net + made.tax) * trade.terms.commission, 1000)
    for kind, amount in (
        (Kind.REFUND, -made.net),
        (Kind.REFUND_TAX, -made.tax),
        (Kind.REFUND_COMMISSION, commission),
        (Kind.REFUND_ADMIN, -round_div(commission * trade.terms.refund_admin, 1000)),
    ):
        trade.truth.add(Fact(at, kind, amount, sale.ref, item.ref, item.product.sku, quantity))
    trade.changed(sale, at)
    return made


def announce(
    trade: Trade, sale: Sale, item: Item, quantity: int, at: datetime, tracking: str = ""
) -> Return:
    """Let a buyer say that he sends pieces of a line back; its refund closes the return."""
    made = Return(trade.next_number(), item.ref, quantity, item.refunded, at, at, tracking=tracking)
    sale.announced.append(made)
    trade.changed(sale, at)
    return made


def move_return(trade: Trade, sale: Sale, made: Return, state: Sending, at: datetime) -> None:
    """Let a return get on."""
    made.state, made.updated_at = state, max(made.updated_at, at)
    trade.changed(sale, at)


def charge(trade: Trade, kind: Kind, amount: int, at: datetime) -> None:
    """Charge what belongs to no order: advertising, storage, the subscription."""
    trade.truth.add(Fact(at, kind, -amount))


def share(
    trade: Trade, kind: Kind, amount: int, at: datetime, weights: Mapping[str, int], name: str = ""
) -> None:
    """Note for which SKUs a charge was, which the marketplace tells in a report of its own."""
    parts = allocate(-amount, list(weights.values()))
    for sku, part in zip(weights, parts, strict=True):
        if part:
            trade.truth.shares.append(Share(at, kind, sku, part, name))


def lose(trade: Trade, sku: str, at: datetime) -> None:
    """Let a piece get lost in the marketplace's warehouse, which pays for it."""
    product = trade.products[sku]
    product.stored -= 1
    paid = round_div(product.price * 7, 10)
    trade.truth.add(Fact(at, Kind.REIMBURSEMENT, paid, sku=sku, quantity=1))


def settle(trade: Trade, at: datetime) -> Settlement:
    """Settle what was released since the last time: a part is kept as a reserve until the next."""
    come = [*trade.held, *trade.truth.facts[trade.settled :]]
    facts = [fact for fact in come if trade.releases_at(fact) <= at]
    trade.held = [fact for fact in come if trade.releases_at(fact) > at]
    started = trade.settlements[-1].ended_at if trade.settlements else trade.started_at
    rows = list(facts)
    if trade.reserve:
        rows.append(Fact(at, Kind.RESERVE_RELEASED, trade.reserve))
    held = max(0, round_div(sum(row.amount for row in facts) * trade.terms.reserve, 1000))
    if held:
        rows.append(Fact(at, Kind.RESERVE_HELD, -held))
    made = Settlement(trade.next_number(), started, at, rows)
    trade.truth.facts += rows[len(facts) :]
    trade.truth.add(Fact(at, Kind.PAYOUT, -made.total))
    trade.reserve, trade.settled = held, len(trade.truth.facts)
    trade.settlements.append(made)
    return made


def _book_sent(trade: Trade, sale: Sale, item: Item, quantity: int, at: datetime) -> None:
    before, item.sent = item.sent, item.sent + quantity
    net = _between(item, item.net, before, item.sent)
    tax = _tax_between(trade, sale, item, before, item.sent)
    commission = round_div((net + tax) * trade.terms.commission, 1000)
    fulfilment = trade.terms.fulfilment * quantity if sale.stored else 0
    for kind, amount in (
        (Kind.SALE, net),
        (Kind.TAX, tax),
        (Kind.COMMISSION, -commission),
        (Kind.FULFILMENT, -fulfilment),
    ):
        trade.truth.add(Fact(at, kind, amount, sale.ref, item.ref, item.product.sku, quantity))


def _cancelled(trade: Trade, sale: Sale, item: Item, count: int, at: datetime) -> Part:
    """Note what goes back for pieces of a line that never leave, and return it."""
    # Counted from the end: what is sent is counted from the start, and both make the whole.
    after = item.quantity - item.cancelled
    before = after - count
    net = _between(item, item.net, before, after)
    tax = _tax_between(trade, sale, item, before, after)
    sale.cancels.append(Refund(trade.next_number(), item.ref, count, net, tax, at))
    return item, net, tax


def _returned(trade: Trade, sale: Sale, item: Item, before: int, after: int) -> tuple[int, int]:
    """Return what goes back for pieces of a line, without tax, and the tax.

    Where lines are charged buyers are told one price, and its tax is what is within it.
    """
    if trade.terms.sale_fees is None or trade.terms.keeps_tax(sale.buyer.country):
        net = _between(item, item.net, before, after)
        return net, _tax_between(trade, sale, item, before, after)
    gross = _between(item, item.net + item.tax, before, after)
    rate = trade.terms.tax_in(sale.buyer.country)
    tax = round_div(gross * rate, 1000 + rate)
    return gross - tax, tax


def _settle_status(sale: Sale) -> None:
    sent, open_ = sum(item.sent for item in sale.items), sum(item.open for item in sale.items)
    if not open_:
        sale.status = Status.SENT if sent else Status.CANCELLED
    elif sent:
        sale.status = Status.PARTLY_SENT


def _between(item: Item, amount: int, before: int, after: int) -> int:
    """Return what falls on the pieces from one count to another: all of them make the whole."""
    return item.share(amount, after) - item.share(amount, before)


def _tax_between(trade: Trade, sale: Sale, item: Item, before: int, after: int) -> int:
    """Return the tax on the pieces from one count to another.

    Where the seller reckons it himself, it is reckoned anew on what is left.
    """
    if not trade.terms.prepaid:
        return _between(item, item.tax, before, after)
    first, last = (
        _taxed(trade, item.share(item.net, count), sale.buyer) for count in (before, after)
    )
    return last - first


def _taxed(trade: Trade, net: int, buyer: Buyer) -> int:
    return round_div(net * trade.terms.tax_in(buyer.country), 1000)
