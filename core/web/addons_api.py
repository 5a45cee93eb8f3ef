"""The API of addons: `/api/v1/addons`. To switch one asks for the password."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from marshmallow import Schema
from marshmallow import fields
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.actor import may
from core.kernel import faults
from core.kernel import lifecycle
from core.kernel.impact import impact_of
from core.kernel.kernel import AddonInfo
from core.kernel.quality import NONE
from core.kernel.quality import level_of
from core.kernel.settings import save_addon_settings
from core.kernel.settings import settings_schema
from core.kernel.settings import shown_settings
from core.web import current
from core.web import rest
from core.web.addons_shapes import AddonHead
from core.web.addons_shapes import AddonMore
from core.web.addons_shapes import ImpactDocument
from core.web.addons_shapes import addon_head
from core.web.addons_shapes import fault_document
from core.web.addons_shapes import impact_document
from core.web.confirming import asks_password
from core.web.confirming import require_password_for_secrets
from core.web.connections_shapes import SettingsDocument
from core.web.connections_shapes import settings_document
from core.web.preconditions import check_unchanged
from core.web.preconditions import if_match
from core.web.shapes import Both

blueprint = rest.blueprint("addons", __name__)

AddonDocument = Both[AddonHead, AddonMore]


@blueprint.get("")
@require("addons.view")
@rest.asks()
def index() -> rest.Answer[rest.Items[AddonHead]]:
    """List every addon that was found, with its state and how often it failed."""
    failed = faults.counted(current.reading())
    found = current.kernel().overview()
    return rest.respond({"items": [addon_head(each, failed.get(each.name, 0)) for each in found]})


@blueprint.get("/<name>")
@require("addons.view")
@rest.asks()
def show(name: str) -> rest.Answer[AddonDocument]:
    """Show an addon: what it may do, its quality, and what it did wrong."""
    return _shown(name)


@blueprint.get("/<name>/impact")
@require("addons.view")
@rest.asks()
def impact(name: str) -> rest.Answer[ImpactDocument]:
    """Show what disabling, uninstalling or purging an addon would mean, before it is done."""
    if _addon(name).state == "discovered":
        raise NotFound(f"{name} is not installed.")
    return rest.respond(impact_document(impact_of(current.kernel(), current.reading(), name)))


@blueprint.post("/<name>/enable")
@require("addons.view", "addons.manage")
@rest.takes()
@asks_password
def enable(name: str) -> rest.Answer[AddonDocument]:
    """Enable an addon."""
    return _switch(name, lifecycle.enable)


@blueprint.post("/<name>/disable")
@require("addons.view", "addons.manage")
@rest.takes(with_dependents=fields.Boolean(load_default=False))
@asks_password
def disable(told: dict[str, Any], name: str) -> rest.Answer[AddonDocument]:
    """Disable an addon, with those that need it if so said; its data stays."""
    return _switch(name, partial(lifecycle.disable, dependents_too=told["with_dependents"]))


@blueprint.post("/<name>/retry")
@require("addons.view", "addons.manage")
@rest.takes()
@asks_password
def retry(name: str) -> rest.Answer[AddonDocument]:
    """Enable an addon again that was quarantined."""
    return _switch(name, lifecycle.retry)


@blueprint.get("/<name>/settings")
@require("addons.view")
@rest.asks()
def settings(name: str) -> rest.Answer[SettingsDocument]:
    """Show the settings of an addon for the whole installation, and which secrets are stored."""
    _schema(name)
    return rest.respond(_settings(current.reading(), name))


@blueprint.put("/<name>/settings")
@require("addons.view", "addons.manage")
@rest.takes(settings=fields.Dict(keys=rest.text(100), values=fields.Raw(allow_none=True)))
@if_match
def change(told: dict[str, Any], name: str) -> rest.Answer[SettingsDocument]:
    """Replace the settings of an addon; a secret left out stays. Secrets ask for the password."""
    given = told.get("settings", {})
    require_password_for_secrets(_schema(name), given)
    with current.writing() as session:
        before = _settings(session, name)
        check_unchanged(before)
        save_addon_settings(session, name, given, row_version=before["row_version"])
        after = _settings(session, name)
    return rest.respond(after)


def _switch(name: str, act: Callable[..., object]) -> rest.Answer[AddonDocument]:
    # The act opens a transaction of its own.
    current.close_reading()
    act(current.kernel(), name, by=current_actor().name)
    return _shown(name)


def _shown(name: str) -> rest.Answer[AddonDocument]:
    addon, kernel, session = _addon(name), current.kernel(), current.reading()
    found = kernel.found.get(name)
    recorded = [fault_document(each) for each in faults.recorded(session, name)]
    more = {
        "permissions": list(found.manifest.permissions) if found else [],
        "hosts": list(found.manifest.hosts) if found else [],
        "capabilities": list(found.manifest.capabilities) if found else [],
        "tables": list(addon.tables),
        "quality": level_of(found) if found else NONE,
        "has_settings": settings_schema(kernel, name) is not None,
        # What failed may tell of any company's rows.
        "recorded": recorded if may("addons.manage") else None,
    }
    return rest.respond(addon_head(addon, sum(each["count"] for each in recorded)) | more)


def _addon(name: str) -> AddonInfo:
    found = next((each for each in current.kernel().overview() if each.name == name), None)
    if found is None:
        raise NotFound(f"There is no addon {name}.")
    return found


def _schema(name: str) -> type[Schema]:
    kind = settings_schema(current.kernel(), name)
    if kind is None:
        raise NotFound(f"{name} has no settings for the whole installation.")
    return kind


def _settings(session: Session, name: str) -> dict[str, Any]:
    stored = shown_settings(session, name)
    return settings_document(stored.data, stored.secrets, stored.row_version)
