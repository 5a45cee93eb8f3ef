"""Settings of addons: one document for each addon and scope, checked by the addon itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.kernel.models import Setting

HOUSE = 0
"""The scope of settings that hold for the whole installation, not for one connection."""


def addon_settings(session: Session, addon: str) -> Mapping[str, object]:
    """Return what was set for an addon in this installation; empty where nothing was."""
    query = sa.select(Setting.data).where(Setting.addon == addon, Setting.connection_id == HOUSE)
    return cast("Mapping[str, object]", session.execute(query).scalar() or {})
