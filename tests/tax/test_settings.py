"""What is set for a tax addon reaches its regime."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.orm import Session

from core.kernel.kernel import Kernel
from core.kernel.models import Company
from core.kernel.models import Fault
from core.kernel.models import Setting
from core.tax.deciding import decide
from core.tax.facts import TaxFacts
from core.testkit.factories import make_row
from core.testkit.installed import InstalledAddon

HOME = TaxFacts(date(2012, 1, 1), "GB", "GB", "GB", "shop")
FRANCE = replace(HOME, ship_to="FR")


class TestTaxUk(InstalledAddon):
    """The UK regime with settings in the database."""

    addon = "tax_uk"

    def set(self, session: Session, value: object) -> None:
        data = {"registered_abroad": value}
        session.add(Setting(addon=self.addon, connection_id=0, version=1, data=data))
        session.flush()

    def test_sales_that_bore_foreign_vat_wait_for_that_regime(self, kernel: Kernel) -> None:
        with kernel.db.write() as session:
            company = make_row(session, Company).id
            before = decide(session, company, [HOME, FRANCE])
            self.set(session, {"FR": "2011-05-01"})
            after = decide(session, company, [HOME, FRANCE])

        assert set(before.decisions) == {HOME, FRANCE}
        assert set(after.decisions) == {HOME}
        assert set(after.unresolved) == {FRANCE}

    @pytest.mark.parametrize("value", ["FR", {"US": "2011-05-01"}])
    def test_a_setting_that_cannot_be_read_says_so_and_nothing_is_untaxed(
        self, kernel: Kernel, value: object
    ) -> None:
        with kernel.db.write() as session:
            company = make_row(session, Company).id
            self.set(session, value)
            decided = decide(session, company, [HOME])

        assert decided.unresolved[HOME].startswith("tax_uk: registered_abroad: ")
        with kernel.db.read() as session:
            assert session.query(Fault).count() == 0
