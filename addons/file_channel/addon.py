"""What the file channel offers to the kernel."""

from __future__ import annotations

from addons.file_channel.connector import OrderFiles
from addons.file_channel.settings import FileConnection
from core.api import FileConnector
from core.api import hookimpl


class Addon:
    """The file channel."""

    connection_schema = FileConnection

    @hookimpl
    def connectors(self) -> list[FileConnector]:
        """Offer the connector that reads files of orders."""
        return [OrderFiles()]
