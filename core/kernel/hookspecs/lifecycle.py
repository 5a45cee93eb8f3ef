"""Hooks around the life of addons themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@hookspec(kind="observe")
def addon_enabled(addon: str, session: Session) -> None:
    """After an addon was enabled, before the commit; the addon itself is asked too."""


@hookspec(kind="check")
def addon_before_disable(addon: str, session: Session) -> None:
    """Before an addon is disabled; raise `Veto` if it would leave work undone."""


@hookspec(kind="check")
def addon_before_uninstall(addon: str, session: Session) -> None:
    """Before a disabled addon is uninstalled; raise `Veto` if that would leave work undone.

    The addon itself is asked too, although it is disabled. Its tables and rows stay.
    """


@hookspec(kind="observe")
def addon_disabled(addon: str, session: Session) -> None:
    """After an addon was disabled, before the commit; it takes no further part itself."""
