"""The posting path: the only way into the ledger, a batch of balanced entries at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from core import clock
from core.db import table_of
from core.db import utc_text
from core.errors import InvariantBroken
from core.ids import next_ids
from core.kernel import hooks
from core.ledger.accounts import Accounts
from core.ledger.accounts import accounts_of
from core.ledger.folding import note_changes
from core.ledger.items import ItemDraft
from core.ledger.items import load_items
from core.ledger.models import Balance
from core.ledger.models import Entry
from core.ledger.models import Item
from core.ledger.models import Posting
from core.ledger.models import Profit
from core.ledger.periods import month_of
from core.ledger.periods import open_months
from core.ledger.waterfall import PROFIT_LINES
from core.rows import bulk_insert
from core.rows import bulk_update
from core.rows import bulk_upsert

EXCHANGING = frozenset({"conversion", "revaluation"})
"""Tags of postings that move value between currencies."""


class Dimensions(NamedTuple):
    """Whom and what a posting concerns; empty where it concerns none in particular."""

    shop_id: int | None = None
    country: str | None = None
    order_id: int | None = None
    line_id: int | None = None
    sku_id: int | None = None
    warehouse_id: int | None = None


class Original(NamedTuple):
    """An amount in the currency of its document, where that is not the company's."""

    currency: str
    amount: int


class PostingDraft(NamedTuple):
    """A posting before it is written: debit positive, credit negative, in minor units.

    `amount` is in the company's currency; `original` is empty where the document is in it too.
    """

    account: str
    amount: int
    dimensions: Dimensions
    tag: str
    item_id: int | None
    decision_id: int | None
    original: Original | None = None


@dataclass(slots=True)
class EntryDraft:
    """An entry being written; `natural_key` makes posting it twice impossible.

    `rate` tells by which rates foreign amounts were converted. A posting tagged `conversion` or
    `revaluation` lets the entry balance in the company's currency only.
    """

    id: int
    natural_key: str
    kind: str
    booked_on: date
    order_id: int | None
    document_id: int | None
    narration: str
    attributed_on: date | None = None
    reverses_id: int | None = None
    rate: str | None = None
    postings: list[PostingDraft] = field(default_factory=list)
    is_foreign: bool = False

    def add(
        self,
        account: str,
        amount: int,
        dimensions: Dimensions,
        *,
        tag: str = "actual",
        item_id: int | None = None,
        decision_id: int | None = None,
        original: Original | None = None,
    ) -> None:
        """Add a posting; an amount of zero adds nothing."""
        if original is not None:
            self.is_foreign = True
        if amount or (original is not None and original.amount):
            self.postings.append(
                PostingDraft(account, amount, dimensions, tag, item_id, decision_id, original)
            )


_Change = tuple[str, int, tuple[int | str | None, ...]]
"""What a change of profit is told apart by: its day, its entry, and whom and what it concerns."""


@dataclass(frozen=True, slots=True)
class PostedEntry:
    """An entry as addons see it."""

    id: int
    natural_key: str
    kind: str
    booked_on: date
    order_id: int | None
    postings: tuple[PostingDraft, ...]


class Journal:
    """A batch of entries of one company, written together by `post`."""

    def __init__(self, session: Session, company_id: int, currency: str) -> None:
        self.session = session
        self.company_id = company_id
        self.currency = currency
        self._entries: list[EntryDraft] = []
        self._opened: set[date] = set()
        self._items: dict[tuple[str, str], ItemDraft] = {}

    def entry(
        self,
        entry_id: int,
        natural_key: str,
        kind: str,
        booked_on: date,
        *,
        order_id: int | None = None,
        document_id: int | None = None,
        narration: str = "",
        happened_on: date | None = None,
    ) -> EntryDraft:
        """Begin an entry of this batch.

        A fact of a closed month is booked later: `happened_on` is its own day, and the entry says
        to which period it belongs.
        """
        late = (
            happened_on is not None
            and happened_on != booked_on
            and month_of(happened_on) < month_of(booked_on)
        )
        draft = EntryDraft(
            entry_id,
            natural_key,
            kind,
            booked_on,
            order_id,
            document_id,
            narration,
            happened_on if late else None,
        )
        self._entries.append(draft)
        return draft

    def owe(
        self,
        account: str,
        natural_key: str,
        item_id: int,
        amount: int,
        order_id: int | None,
        *,
        original: Original | None = None,
    ) -> int:
        """Raise the open item of an account by an amount and return the item's id.

        `item_id` is used if the item is new; load the existing ones with `know_items` first.
        Raises: InvariantBroken if the item is in another currency.
        """
        currency, own = original or (self.currency, amount)
        item = self._items.get((account, natural_key))
        if item is None:
            item = self._items[account, natural_key] = ItemDraft(item_id, order_id, True, currency)
        elif item.currency != currency:
            raise InvariantBroken(
                f"Item {natural_key} of account {account} is in {item.currency}, not in {currency}."
            )
        item.amount += own
        item.functional += amount
        return item.id

    def currency_of(self, account: str, natural_key: str) -> str | None:
        """Return the currency of an open item that the batch knows."""
        item = self._items.get((account, natural_key))
        return item.currency if item is not None else None

    def open_amount(self, account: str, natural_key: str) -> int:
        """Return what is open of an item that the batch knows, in the item's currency."""
        item = self._items.get((account, natural_key))
        return item.open_amount + item.amount if item is not None else 0

    def carried(self, account: str, natural_key: str, amount: int) -> tuple[int, int]:
        """Return the carrying value of an amount that would move an open item, and what is beyond.

        What lessens the item takes its share of the value in the company's currency, the last part
        all of it. What is more than open, or raises the item, is beyond: the caller converts it.
        """
        item = self._items.get((account, natural_key))
        return item.carried(amount) if item is not None else (0, amount)

    def know_items(
        self, account: str, natural_keys: Iterable[str], *, locked: bool = False
    ) -> None:
        """Load the open items that exist already under some natural keys of an account.

        `locked` keeps others from them until the transaction ends, for who asks what they carry.
        """
        keys = [key for key in natural_keys if (account, key) not in self._items]
        if keys:
            account_id = self._accounts()[account].id
            found = load_items(self.session, self.company_id, account_id, keys, locked=locked)
            self._items.update({(account, key): item for key, item in found})

    def open_items(self, account: str, natural_keys: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Yield what is open under some natural keys of an account that the batch knows.

        The oldest comes first; amounts are in each item's own currency.
        """
        found = [
            (item.id, key, item.open_amount + item.amount)
            for key in natural_keys
            if (item := self._items.get((account, key))) is not None
        ]
        for _, key, amount in sorted(found):
            yield key, amount

    def knows(self, account: str) -> bool:
        """Say whether the chart has an account."""
        return account in self._accounts()

    def open_months(self) -> None:
        """Open the months of the batch's entries, best before the batch begins to write.

        Raises: Conflict naming a month that is closed.
        """
        days = {entry.booked_on for entry in self._entries if entry.postings}
        if not days <= self._opened:
            open_months(self.session, self.company_id, days)
            self._opened |= days

    def post(self) -> Sequence[EntryDraft]:
        """Write the batch: entries, postings, open items, balances and the profit read model.

        Raises: InvariantBroken if an entry does not balance, Conflict if its period is closed,
        Veto if an addon refuses the batch.
        """
        entries = [entry for entry in self._entries if entry.postings]
        if not entries:
            return ()
        require_balance(entries, self.currency)
        self.open_months()
        if hooks.wanted(self.session, "check", "entries_before_post"):
            hooks.check(self.session, "entries_before_post", entries=_posted(entries))
        self._write(entries)
        if hooks.wanted(self.session, "observe", "entries_posted"):
            hooks.observe(self.session, "entries_posted", entries=_posted(entries))
        return entries

    def _write(self, entries: Sequence[EntryDraft]) -> None:
        accounts = self._accounts()
        recorded_at = utc_text(clock.now())
        company, currency = self.company_id, self.currency
        entry_rows: list[tuple[object, ...]] = []
        posting_rows: list[tuple[object, ...]] = []
        profit: dict[_Change, list[int]] = {}
        balances: dict[tuple[int, str], int] = defaultdict(int)
        for entry in entries:
            day, entry_id = entry.booked_on.isoformat(), entry.id
            month = f"{day[:8]}01"
            entry_rows.append(
                (company, entry_id, entry.natural_key, entry.kind, day, entry.order_id)
                + (entry.document_id, entry.reverses_id, entry.narration, recorded_at)
                + (entry.attributed_on.isoformat() if entry.attributed_on else None, entry.rate)
            )
            for seq, draft in enumerate(entry.postings):
                code, amount, dimensions, tag, item_id, decision_id, original = draft
                account_id, column = accounts[code]
                in_currency, own = original or (currency, amount)
                posting_rows.append(
                    (company, day, entry_id, seq, account_id, amount, in_currency, own, tag)
                    + (*dimensions, item_id, decision_id)
                )
                balances[account_id, month] += amount
                if column is not None:
                    # Postings that only their warehouse tells apart are one change of profit.
                    key = (day, entry_id, dimensions[:5])
                    if (lines := profit.get(key)) is None:
                        lines = profit[key] = [0] * len(PROFIT_LINES)
                    lines[column] -= amount
        self._insert(Entry, _ENTRY_COLUMNS, entry_rows)
        self._write_items()
        self._insert(Posting, _POSTING_COLUMNS, posting_rows)
        self._write_profit(profit)
        self._fold(balances)

    def _write_profit(self, profit: dict[_Change, list[int]]) -> None:
        ids = next_ids(self.session, len(profit))
        rows = [
            (self.company_id, new_id, day, entry_id, *concerned, *lines)
            for new_id, ((day, entry_id, concerned), lines) in zip(ids, profit.items(), strict=True)
        ]
        self._insert(Profit, _PROFIT_COLUMNS, rows)
        note_changes(self.session, self.company_id, ids)

    def _write_items(self) -> None:
        accounts = self._accounts()
        new = [
            (self.company_id, item.id, accounts[account].id, natural_key, item.order_id)
            + (item.currency, item.amount, item.functional, 1)
            for (account, natural_key), item in self._items.items()
            if item.new
        ]
        self._insert(Item, _ITEM_COLUMNS, new)
        changed = [
            (self.company_id, item.id, item.amount, item.functional)
            for item in self._items.values()
            if not item.new and (item.amount or item.functional)
        ]
        bulk_update(
            self.session,
            table_of(Item),
            ["company_id", "id", "amount", "functional"],
            # In the order of ids, so that two writers never wait for each other in a circle.
            sorted(changed),
            assign=(
                "open_amount = open_amount + {amount}, open_functional = open_functional +"
                " {functional}, row_version = row_version + 1"
            ),
        )

    def _fold(self, balances: dict[tuple[int, str], int]) -> None:
        rows = [
            (self.company_id, account_id, month, amount)
            for (account_id, month), amount in sorted(balances.items())
        ]
        bulk_upsert(
            self.session,
            table_of(Balance),
            ("company_id", "account_id", "month", "amount"),
            rows,
            key=("company_id", "account_id", "month"),
            assign="amount = {old}.amount + excluded.amount",
        )

    def _insert(
        self,
        model: type[Entry | Item | Posting | Profit],
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
    ) -> None:
        bulk_insert(self.session, table_of(model), columns, rows)

    def _accounts(self) -> Accounts:
        key = ("accounts", self.company_id)
        accounts: Accounts | None = self.session.info.get(key)
        if accounts is None:
            accounts = self.session.info[key] = accounts_of(self.session, self.company_id)
        return accounts


def require_balance(entries: Iterable[EntryDraft], currency: str) -> None:
    """Refuse an entry that does not balance, in the company's currency or in one of its own.

    Raises: InvariantBroken.
    """
    for entry in entries:
        if difference := sum(posting.amount for posting in entry.postings):
            raise InvariantBroken(
                f"Entry {entry.natural_key} does not balance: debits exceed credits by "
                f"{difference} minor units."
            )
        if entry.is_foreign:
            _require_each_balance(entry, currency)


def _require_each_balance(entry: EntryDraft, currency: str) -> None:
    if any(posting.tag in EXCHANGING for posting in entry.postings):
        return
    sums: defaultdict[str, int] = defaultdict(int)
    for posting in entry.postings:
        code, amount = posting.original or (currency, posting.amount)
        sums[code] += amount
    for code, difference in sums.items():
        if difference:
            raise InvariantBroken(
                f"Entry {entry.natural_key} does not balance in {code}: debits exceed credits by "
                f"{difference} minor units."
            )


def _posted(entries: Iterable[EntryDraft]) -> tuple[PostedEntry, ...]:
    return tuple(
        PostedEntry(e.id, e.natural_key, e.kind, e.booked_on, e.order_id, tuple(e.postings))
        for e in entries
    )


_ENTRY_COLUMNS = (
    "company_id id natural_key kind booked_on order_id document_id reverses_id narration"
    " recorded_at attributed_on rate"
).split()
_POSTING_COLUMNS = (
    "company_id booked_on entry_id seq account_id amount currency currency_amount tag shop_id"
    " country order_id line_id sku_id warehouse_id item_id decision_id"
).split()
_ITEM_COLUMNS = (
    "company_id id account_id natural_key order_id currency open_amount open_functional row_version"
).split()
_PROFIT_COLUMNS = (
    "company_id id booked_on entry_id shop_id country order_id line_id sku_id".split()
    + list(PROFIT_LINES)
)
