"""The schema of a mapping file: its keys, their defaults and what each may be."""

from __future__ import annotations

import codecs
from datetime import UTC
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo
from zoneinfo import ZoneInfoNotFoundError

from marshmallow import Schema
from marshmallow import ValidationError
from marshmallow import fields
from marshmallow import validate
from marshmallow import validates_schema

from addons.file_channel.countries import is_country
from core.api import InputError
from core.api import LineKind
from core.api import minor_digits


def _encoding(value: str) -> None:
    try:
        codecs.lookup(value)
        "".encode(value)
    except LookupError:
        raise ValidationError(
            f"{value!r} is not an encoding; write for example utf-8 or cp1252"
        ) from None


def _timezone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(
            f"{value!r} is not a time zone; write for example Europe/London"
        ) from None


def _currency(value: str) -> None:
    try:
        minor_digits(value)
    except InputError as error:
        raise ValidationError(str(error)) from None


def _country(value: str) -> None:
    if not is_country(value):
        raise ValidationError(f"{value!r} is not a two-letter ISO 3166 code, such as GB")


def _date_format(value: str) -> None:
    try:
        sample = datetime(2011, 12, 31, 23, 58, tzinfo=UTC).strftime(value)
        read = datetime.strptime(sample, value)  # noqa: DTZ007 - only its day
    except ValueError:
        read = None
    if read is None or (read.year, read.month, read.day) != (2011, 12, 31):
        raise ValidationError(f"{value!r} does not give a whole date; write for example %Y-%m-%d")


def _optional(check: Any = None) -> fields.String:
    return fields.String(load_default="", validate=check)


def _required(check: Any = None) -> fields.String:
    return fields.String(required=True, validate=check or validate.Length(min=1))


def _section(schema: type[Schema]) -> fields.Nested:
    """Return a section that may be left out when all its keys have defaults."""
    return fields.Nested(schema, load_default=lambda: schema().load({}))


def _limit(default: int) -> fields.Integer:
    return fields.Integer(strict=True, load_default=default, validate=validate.Range(min=1))


class _File(Schema):
    encoding = fields.String(load_default="utf-8-sig", validate=_encoding)
    delimiter = fields.String(load_default="", validate=validate.Length(max=1))
    quote = fields.String(load_default='"', validate=validate.Length(max=1))
    sheet = _optional()


class _Columns(Schema):
    document = _required()
    code = _required()
    title = _optional()
    quantity = _required()
    date = _required()
    price = _required()
    customer = _optional()
    country = _optional()
    currency = _optional()
    service = _optional()


def _columns_of_street() -> fields.Raw:
    return fields.Raw(load_default="", validate=_street)


def _street(value: object) -> None:
    names = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) for name in names):
        raise ValidationError("must be the name of a column, or a list of names")


class _Address(Schema):
    name = _optional()
    company = _optional()
    street = _columns_of_street()
    district = _optional()
    city = _optional()
    region = _optional()
    postcode = _optional()
    phone = _optional()
    email = _optional()
    note = _optional()


class _Tax(Schema):
    buyer_number = _optional()
    buyer_type = _optional()
    region = _optional()
    postcode = _optional()
    ship_from = _optional()
    ship_from_region = _optional()
    paid_on = _optional()
    ioss_number = _optional()
    collected_by = _optional()
    scheme = _optional()
    consignment_value = _optional()
    invoiced_on = _optional()
    amount = _optional()
    business = fields.List(fields.String(validate=validate.Length(min=1)), load_default=list)
    marketplace = fields.List(fields.String(validate=validate.Length(min=1)), load_default=list)

    @validates_schema
    def _say_what_words_mean(self, data: dict[str, Any], **_options: Any) -> None:
        for column, words in (("buyer_type", "business"), ("collected_by", "marketplace")):
            if bool(data[column]) != bool(data[words]):
                raise ValidationError(
                    f"{column} is a column whose words {words} explains: name both or neither",
                    words,
                )


class _Personal(Schema):
    columns = fields.List(fields.String(validate=validate.Length(min=1)), load_default=list)
    keep = fields.List(fields.String(validate=validate.Length(min=1)), load_default=list)


class _Dates(Schema):
    formats = fields.List(
        fields.String(validate=_date_format), required=True, validate=validate.Length(min=1)
    )
    timezone = fields.String(load_default="", validate=lambda v: _timezone(v) if v else None)


class _Numbers(Schema):
    decimal = fields.String(load_default=".", validate=validate.OneOf([".", ","]))
    thousands = fields.String(load_default="", validate=validate.OneOf(["", ",", ".", " ", "'"]))

    @validates_schema
    def _differ(self, data: dict[str, Any], **_options: Any) -> None:
        if data["decimal"] == data["thousands"]:
            raise ValidationError("must differ from decimal", "thousands")


class _Prices(Schema):
    basis = fields.String(load_default="unit", validate=validate.OneOf(["unit", "line"]))
    tax = fields.String(
        required=True,
        validate=validate.OneOf(
            ["excluded"], error='must be "excluded"; a file of prices with tax is not understood'
        ),
    )
    currency = _required(_currency)


class _Countries(Schema):
    default = fields.String(load_default="", validate=lambda v: _country(v) if v else None)
    names = fields.Dict(
        keys=fields.String(), values=fields.String(validate=_country), load_default=dict
    )


class _Shop(Schema):
    marketplace = _required()
    name = _optional()
    timezone = _required(_timezone)


class _Options(Schema):
    create_skus = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    shipped = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    warehouse = _optional()


class _Limits(Schema):
    cell_chars = _limit(1_000_000)
    line_chars = _limit(4_000_000)
    columns = _limit(1_000)
    unpacked_bytes = _limit(4 << 30)
    unpacked_ratio = _limit(500)


class _Rule(Schema):
    kind = _required(validate.OneOf([str(kind) for kind in LineKind]))
    account = fields.String(load_default=None, validate=validate.Length(min=1))
    sign = fields.String(
        load_default="as_is", validate=validate.OneOf(["as_is", "positive", "negative"])
    )
    document_prefix = _optional()
    codes = fields.List(fields.String(), load_default=None)
    code_patterns = fields.List(fields.String(), load_default=None)
    quantity = fields.String(
        load_default=None, validate=validate.OneOf(["positive", "negative", "zero"])
    )
    price = fields.String(
        load_default=None, validate=validate.OneOf(["positive", "negative", "zero"])
    )
    customer = fields.String(load_default=None, validate=validate.OneOf(["present", "absent"]))


class MappingSchema(Schema):
    """A whole mapping file."""

    name = _optional()
    file = _section(_File)
    columns = fields.Nested(_Columns, required=True)
    address = _section(_Address)
    personal = _section(_Personal)
    tax = _section(_Tax)
    dates = fields.Nested(_Dates, required=True)
    numbers = _section(_Numbers)
    prices = fields.Nested(_Prices, required=True)
    countries = _section(_Countries)
    shop = fields.Nested(_Shop, required=True)
    options = _section(_Options)
    limits = _section(_Limits)
    rule = fields.List(
        fields.Nested(_Rule), required=True, validate=validate.Length(min=1, error="needs a rule")
    )

    @validates_schema
    def _has_country(self, data: dict[str, Any], **_options: Any) -> None:
        if not data["columns"]["country"] and not data["countries"]["default"]:
            raise ValidationError(
                "name the column of the country, or give countries.default", "columns"
            )

    @validates_schema
    def _customer_is_no_person(self, data: dict[str, Any], **_options: Any) -> None:
        # It names the buyer for ever, in tables that nobody purges.
        customer, address = data["columns"]["customer"], data["address"]
        told = {address["name"], address["email"], address["phone"], *data["personal"]["columns"]}
        if customer and customer in told:
            raise ValidationError(
                f"the customer's number must not be personal data, and {customer!r} is; leave"
                " columns.customer out",
                "columns",
            )
