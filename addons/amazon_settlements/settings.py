"""The settings of a connection for settlement reports."""

from __future__ import annotations

from marshmallow import fields

from core.api import SettingsSchema


class AmazonSettlementsConnection(SettingsSchema):
    """Whose orders the settlements of an account pay."""

    orders_from = fields.String(
        metadata={
            "label": "Orders come through",
            "help": "The label of the connection that brings this account's orders, where it is"
            " another one, such as one for files. Empty: orders of the platform amazon.",
        },
    )
