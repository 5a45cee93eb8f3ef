"""Numbers are written as CLDR writes them in each language of ours, only faster."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_decimal
from babel.numbers import parse_pattern
from flask import g
from hypothesis import given
from hypothesis import strategies as st

from core.web.formats import money
from core.web.formats import number
from core.web.i18n import LANGUAGES
from tests.web.conftest import Site

CODES = {"GBP": 2, "JPY": 0, "KWD": 3}


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_are_those_of_cldr(site: Site, language: str) -> None:
    locale = Locale.parse(language)
    assert parse_pattern(locale.decimal_formats[None].pattern).grouping == (3, 3)

    @given(minor=st.integers(-(10**17), 10**17), code=st.sampled_from(sorted(CODES)))
    def check(minor: int, code: str) -> None:
        digits = CODES[code]
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        wanted = format_decimal(Decimal(minor).scaleb(-digits), pattern, locale)
        assert money(minor, code) == wanted
        assert number(minor) == format_decimal(minor, "#,##0", locale)

    with site.app.test_request_context():
        g.language = language
        check()
