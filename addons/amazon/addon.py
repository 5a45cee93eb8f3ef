"""What the addon offers to the kernel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy.orm import Session

from addons.amazon import fees
from addons.amazon.connector import Amazon
from addons.amazon.login import LOGIN
from addons.amazon.settings import AmazonConnection
from core.api import FeeAnswer
from core.api import FeeFacts
from core.api import document_rows
from core.api import hookimpl


class Addon:
    """Amazon."""

    connection_schema = AmazonConnection
    oauth = LOGIN

    @hookimpl
    def connectors(self) -> list[Amazon]:
        """Offer the connector."""
        return [Amazon()]

    @hookimpl
    def fee_estimates(self, lines: Sequence[FeeFacts], session: Session) -> list[FeeAnswer]:
        """Say what Amazon's own estimates of lines are, as far as they were fetched."""
        ours = [line for line in lines if line.platform == Amazon.platform]
        refs: defaultdict[int, set[str]] = defaultdict(set)
        for line in ours:
            refs[line.shop_id].add(fees.ref_of(line))
        rows = {shop: document_rows(session, shop, fees.KIND, of) for shop, of in refs.items()}
        return list(fees.answers(ours, rows))
