"""The profit statement keeps the contracts of addons and of reports."""

from __future__ import annotations

import pytest

from addons.profit_report.statement import ProfitStatement
from core.testkit.addon import AddonContract
from core.testkit.report import ReportContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "profit_report"


class TestProfitStatement(ReportContract):
    """The statement by the contract."""

    addon = "profit_report"

    @pytest.fixture
    def report(self) -> ProfitStatement:
        """Return the profit statement."""
        return ProfitStatement()
