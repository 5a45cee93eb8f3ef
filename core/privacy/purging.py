"""Forgetting all of a company that is due: of its orders, and of what platforms told of them."""

from __future__ import annotations

from core import clock
from core.channels.raw_orders import forget_personal
from core.kernel.kernel import Kernel
from core.messages.forgetting import forget_due_messages
from core.privacy import forgetting


def forget_all_due(kernel: Kernel, company_id: int) -> tuple[int, int]:
    """Forget all of a company that is due, in batches; return of how many, and of how many kept."""
    forgotten = looked_at = after = 0
    today = clock.now().date()
    with kernel.db.write() as session:
        received = forget_personal(session, company_id, today)
    while True:
        with kernel.db.write() as session:
            looked = forgetting.forget_due(session, company_id, today, after=after)
        if not looked.looked_at:
            break
        forgotten += len(looked.due)
        looked_at += looked.looked_at
        after = looked.last_id
    with kernel.db.write() as session:
        written = forget_due_messages(session, company_id, clock.now())
    if forgotten or received or written:
        forgetting.scrub(kernel.db)
    return forgotten, looked_at
