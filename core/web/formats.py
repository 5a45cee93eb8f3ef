"""How money, numbers, days and countries are written on pages."""

from __future__ import annotations

from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from babel import Locale
from babel.dates import format_skeleton
from babel.dates import format_timedelta
from babel.numbers import format_decimal
from flask import Flask
from flask import g
from flask_babel import gettext
from markupsafe import Markup

from core.identity.fields import Hidden
from core.money import minor_digits
from core.web import current
from core.web.i18n import language
from core.web.i18n import locale


class Signs(NamedTuple):
    """How a language parts thousands and decimals, and what it sets before what is negative."""

    group: str
    decimal: str
    minus: str


@lru_cache(maxsize=4)
def _signs(language: str) -> Signs:
    # The languages of ours group by three digits, which a test holds them to: a page has hundreds
    # of numbers, and to apply a pattern of CLDR takes twenty times as long.
    symbols = Locale.parse(language).number_symbols["latn"]
    return Signs(symbols["group"], symbols["decimal"], symbols["minusSign"])


def _grouped(value: int, digits: int) -> str:
    """Return a number of the smallest parts, of which ten to the power of `digits` make one."""
    signs = _signs(language())
    # CLDR's own digits are for display (it shows RSD with none): ours come from ISO 4217.
    whole, part = divmod(abs(value), 10**digits)
    text = f"{whole:,}".replace(",", signs.group)
    if digits:
        text += f"{signs.decimal}{part:0{digits}}"
    return signs.minus + text if value < 0 else text


def money(minor: int | Hidden | None, currency: str | None = None) -> str:
    """Return minor units as a grouped number without the currency; nothing for None."""
    if minor is None:
        return ""
    if isinstance(minor, Hidden):
        return str(minor)
    digits = minor_digits(currency or current.company().currency)
    return _grouped(int(minor), digits)


def money_code(minor: int | Hidden, currency: str | None = None) -> str:
    """Return minor units with the currency's code, such as 1,234.50 GBP."""
    if isinstance(minor, Hidden):
        return str(minor)
    code = currency or current.company().currency
    return f"{money(minor, code)} {code}"


def unit_price(micro: int | Hidden) -> str:
    """Return a unit price, which is kept in millionths, with two to six places."""
    if isinstance(micro, Hidden):
        return str(micro)
    return format_decimal(Decimal(micro).scaleb(-6), "#,##0.00####", locale())


def number(value: int | None) -> str:
    """Return a whole number, grouped; nothing for None."""
    return "" if value is None else _grouped(int(value), 0)


def percent(part: int, whole: int) -> str:
    """Return a share as a percentage with one place; a dash where there is no whole."""
    if not whole:
        return "–"
    return format_decimal(Decimal(part) * 100 / Decimal(whole), "#,##0.0", locale()) + " %"


def rate(basis: int) -> str:
    """Return a tax rate, which is kept in hundredths of a percent."""
    return format_decimal(Decimal(basis).scaleb(-2), "#,##0.##", locale()) + " %"


def moment(value: datetime | None) -> Markup | str:
    """Return a moment in the company's time zone, with UTC at hand."""
    if value is None:
        return ""
    local = value.astimezone(current.company().zone)
    utc = value.astimezone(UTC)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S"),
        local.strftime("%Y-%m-%d %H:%M"),
    )


def span(value: timedelta) -> str:
    """Return how long something takes, in words of the visitor's language: 3 minutes."""
    return format_timedelta(max(value, timedelta()), granularity="minute", locale=locale())


def instant(value: datetime | None) -> Markup | str:
    """Return a moment as `moment` does; in UTC while there is no company yet."""
    if g.get("company") is not None or value is None:
        return moment(value)
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def month(value: date | str) -> str:
    """Return a month in words of the visitor's language."""
    day = date.fromisoformat(f"{value[:7]}-01") if isinstance(value, str) else value
    return format_skeleton("yMMMM", day, locale=locale())


def country(code: str | None) -> str:
    """Return a country's name; codes outside ISO 3166 pass as they are."""
    if not code:
        return ""
    return str(locale().territories.get(code, code))


def countries() -> list[tuple[str, str]]:
    """Return every country as (code, name), sorted by name."""
    return _countries(str(locale()))


@lru_cache(maxsize=4)
def _countries(tag: str) -> list[tuple[str, str]]:
    names = Locale.parse(tag).territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()]
    skipped = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
    return sorted((pair for pair in found if pair[0] not in skipped), key=lambda pair: pair[1])


def translated(text: str) -> str:
    """Return a stored text of ours, such as an account's title, in the visitor's language."""
    return str(gettext(text)) if text else ""


def init_formats(app: Flask) -> None:
    """Offer the formats to templates."""
    filters = (
        money,
        money_code,
        span,
        unit_price,
        number,
        rate,
        moment,
        instant,
        month,
        country,
        translated,
    )
    for function in filters:
        app.add_template_filter(function, function.__name__)
    app.jinja_env.globals.update(percent=percent, countries=countries)
