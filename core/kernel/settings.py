"""Settings of addons for the whole installation: one document each, checked by the addon itself."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from dataclasses import field
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from marshmallow import Schema
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.identity.audit import audit
from core.kernel import secrets
from core.kernel.kernel import Kernel
from core.kernel.models import Setting
from core.kernel.schema import Checked
from core.kernel.schema import check_settings
from core.kernel.schema import up_to_date
from core.kernel.secrets import Scope
from core.remembered import Remembered

HOUSE = 0
"""The scope of settings that hold for the whole installation, not for one connection."""


@dataclass(frozen=True)
class HouseSettings:
    """What is stored for an addon, and which version of it; 0: nothing is."""

    data: Mapping[str, Any] = field(repr=False)
    secrets: frozenset[str]
    row_version: int


_OF_HOUSE = Remembered(
    sa.select(Setting.version, Setting.data).where(
        Setting.addon == sa.bindparam("addon"), Setting.connection_id == sa.bindparam("house")
    ),
    ["kernel_setting"],
    lambda rows: next(iter(rows), None),
)


def addon_settings(session: Session, addon: str) -> Mapping[str, object]:
    """Return what was set for an addon in this installation; empty where nothing was.

    Secrets are among it as `SecretText`; one that cannot be read is missing.
    """
    row = _OF_HOUSE.of(session, addon=addon, house=HOUSE)
    kernel: Kernel | None = session.info.get("kernel")
    if kernel is None:
        return deepcopy(row.data) if row else {}
    kind = settings_schema(kernel, addon)
    # A copy: an addon may do with its settings what it likes.
    data = up_to_date(kind, row.version, deepcopy(row.data)) if row else {}
    read, _ = secrets.read_secrets(session, kernel.config, Scope(addon))
    return {**data, **read}


def settings_schema(kernel: Kernel, addon: str) -> type[Schema] | None:
    """Return the schema of an addon's settings for the whole installation, if it has any."""
    kind: type[Schema] | None = getattr(kernel.registry.addons.get(addon), "settings_schema", None)
    return kind


def shown_settings(session: Session, addon: str) -> HouseSettings:
    """Return what a form shows of an addon's settings: all but its secrets."""
    kernel: Kernel = session.info["kernel"]
    row = session.get(Setting, (addon, HOUSE))
    data = up_to_date(settings_schema(kernel, addon), row.version, row.data) if row else {}
    fields = secrets.stored_fields(session, Scope(addon))
    return HouseSettings(MappingProxyType(dict(data)), fields, row.row_version if row else 0)


def save_addon_settings(
    session: Session, addon: str, given: Mapping[str, Any], *, row_version: int | None = None
) -> None:
    """Check and store an addon's settings; a secret left out stays.

    `row_version` is what the form was filled from: settings changed since are not overwritten.

    Raises: NotFound for the addon, SettingsRefused, Conflict.
    """
    kernel: Kernel = session.info["kernel"]
    kernel.addon(addon)
    scope = Scope(addon)
    kept, _ = secrets.read_secrets(session, kernel.config, scope)
    checked = check_settings(settings_schema(kernel, addon), given, kept)
    _store(session, addon, checked, row_version)
    secrets.store_secrets(session, kernel.config, scope, checked.secrets)
    fields = sorted({*checked.stored, *checked.secrets})
    audit(session, "settings.changed", f"addon:{addon}", after={"fields": fields}, company_id=HOUSE)


def _store(session: Session, addon: str, checked: Checked, row_version: int | None) -> None:
    row = session.get(Setting, (addon, HOUSE), with_for_update=True)
    if row_version is not None and row_version != (row.row_version if row else 0):
        raise changed_meanwhile()
    if row is None:
        row = Setting(addon=addon, connection_id=HOUSE, row_version=0)
        session.add(row)
    row.data, row.version, row.row_version = (
        checked.stored,
        checked.version,
        row.row_version + 1,
    )
    session.flush()


def changed_meanwhile() -> Conflict:
    """Return the refusal to overwrite what somebody else has changed."""
    return Conflict(
        "Somebody else has changed this since the form was opened.",
        hint="Open it again, and repeat your change if it is still wanted.",
    )
