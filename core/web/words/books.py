"""Words for the codes of the books, settlements and periods."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

WORDS: dict[str, dict[str, LazyString]] = {
    "entry": {
        "sale": _l("Sale"),
        "credit_note": _l("Credit note"),
        "charge": _l("Charge"),
        "stock_adjustment": _l("Stock adjustment"),
        "goods_receipt": _l("Goods receipt"),
        "short_cover": _l("Cost of goods sold short"),
        "return_loss": _l("Loss of a return"),
        "lost_parcel": _l("Parcel lost on the way"),
        "stock_transfer": _l("Transfer"),
        "transfer_loss": _l("Lost on the way"),
        "relabel": _l("Relabelled"),
        "stock_count": _l("Stock count"),
        "fee_estimate": _l("Estimated fees"),
        "settlement_match": _l("Settled order"),
        "settlement_other": _l("Settled amount"),
        "settlement_again": _l("Settled amount, booked again"),
        "settlement_carried": _l("Balance carried over"),
        "payout": _l("Payout"),
        "bank_receipt": _l("Arrived at the bank"),
        "supplier_deposit": _l("Deposit to a supplier"),
        "supplier_payment": _l("Payment to a supplier"),
    },
    "posting_tag": {
        "actual": _l("actual"),
        "estimate": _l("estimate"),
        "trueup": _l("true-up"),
        "refund": _l("refund"),
    },
    "period_state": {
        "open": _l("Open"),
        "closed": _l("Closed"),
    },
    "allocation_reason": {
        "no rule holds for it": _l("No rule holds for it."),
        "it stays with its SKU": _l("It stays with its SKU."),
        "the report names codes that are no SKU": _l("The report names codes that are no SKU."),
    },
    "closing_task": {
        "suspense": _l("Amounts stand in suspense"),
        "waiting": _l("Parcels wait to be booked"),
        "settlements": _l("Settlements are not booked"),
        "paid_statements": _l("Settlements paid out still owe something"),
        "payouts": _l("Payouts have not arrived"),
        "marketplace_tax": _l("Tax that marketplaces collect does not come to nothing"),
        "overpaid": _l("Orders were paid more than they owed"),
        "unpaid": _l("Orders are unpaid for long"),
        "estimates": _l("Estimated fees are open for long"),
        "receipts": _l("Receipts are not invoiced"),
        "landed_cost": _l("Landed costs have no invoice"),
        "revaluation": _l("Foreign items are not valued"),
        "revaluation_rate": _l("A rate is missing to value foreign items"),
        "counts": _l("Stock counts are half done"),
        "allocation": _l("Costs without an order are not shared"),
        "allocation_stale": _l("What is shared is no longer what the ledger holds"),
    },
    "account_kind": {
        "asset": _l("Asset"),
        "liability": _l("Liability"),
        "equity": _l("Equity"),
        "income": _l("Income"),
        "expense": _l("Expense"),
    },
    "settlement_state": {
        "reading": _l("Being read"),
        "booking": _l("Being booked"),
        "booked": _l("Booked"),
        "waiting": _l("Waiting"),
        "quarantined": _l("Quarantined"),
    },
    "settlement_outcome": {
        "applied": _l("Booked"),
        "suspense": _l("In suspense"),
        "deferred": _l("Not released yet"),
    },
    "suspense": {
        "unknown_code": _l("Nobody knows the code"),
        "unexpected_sign": _l("The amount goes the wrong way"),
        "late_order": _l("The order has not come in"),
    },
    "fee_category": {
        "fee": _l("Fee"),
        "other": _l("Other amount"),
        "sale": _l("Part of a sale"),
        "sale_tax": _l("Tax of a sale"),
        "refund": _l("Refund"),
    },
}
