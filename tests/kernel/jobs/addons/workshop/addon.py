"""The addon; its jobs are in jobs.py."""

from __future__ import annotations

from core.api import SettingsSchema
from core.api import hookimpl


class Addon:
    connection_schema = SettingsSchema

    @hookimpl
    def menu_items(self):
        return []
