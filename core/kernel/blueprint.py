"""Blueprints of addons: they live under fixed prefixes and touch nothing of the application.

Flask runs the app-wide functions of a blueprint for every request, whether or not the addon is
enabled; they are refused, so that a disabled addon is silent.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from typing import Literal
from typing import NoReturn

from flask_smorest import Blueprint

from core.identity.access import View
from core.identity.access import require
from core.kernel.i18n import addon_texts

PREFIXES = {"pages": "/x/{addon}", "api": "/api/v1/x/{addon}", "hooks": "/hooks/{addon}"}

Area = Literal["pages", "api", "hooks"]

_APP_WIDE = (
    "add_app_template_filter",
    "add_app_template_global",
    "add_app_template_test",
    "after_app_request",
    "app_context_processor",
    "app_errorhandler",
    "app_template_filter",
    "app_template_global",
    "app_template_test",
    "app_url_defaults",
    "app_url_value_preprocessor",
    "before_app_request",
    "teardown_app_request",
)


class AddonBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """The pages, the API or the webhooks of one addon.

    Endpoints are `<addon>.<view>` for pages, `<addon>_api.<view>` and `<addon>_hooks.<view>`. The
    addon's folder `translations`, beside the module that makes the blueprint, is looked up first.
    """

    def __init__(
        self, addon: str, import_name: str, *, area: Area = "pages", **options: Any
    ) -> None:
        if "url_prefix" in options or "subdomain" in options:
            raise TypeError(f"{addon}: an addon cannot choose its own address")
        self.addon = addon
        self.area = area
        name = addon if area == "pages" else f"{addon}_{area}"
        super().__init__(
            name, import_name, url_prefix=PREFIXES[area].format(addon=addon), **options
        )
        translations = Path(self.root_path) / "translations"
        if translations.is_dir():
            self.before_request(addon_texts(translations).as_default)

    def require(self, *permissions: str) -> Callable[[View], View]:
        """Declare what a visitor must be allowed to do to reach a view; see `core.identity.access`.

        Raises: TypeError for a name that cannot be granted: `kernel.` is nobody's.
        """
        foreign = [name for name in permissions if name.startswith("kernel.")]
        if foreign:
            raise TypeError(f"{self.addon}: {foreign[0]} cannot be asked for")
        return require(*permissions)

    def add_url_rule(self, rule: str, *arguments: Any, **options: Any) -> None:
        """Add a rule below the addon's own prefix."""
        if "subdomain" in options or "host" in options:
            raise TypeError(f"{self.addon}: an addon cannot choose its own address")
        super().add_url_rule(rule, *arguments, **options)


def _refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(self: AddonBlueprint, *_arguments: object, **_options: object) -> NoReturn:
        raise TypeError(
            f"{self.addon}: {name} would run for the whole application, also while the addon is"
            " disabled; use the blueprint's own functions or a hook"
        )

    return refuse


for _name in _APP_WIDE:
    setattr(AddonBlueprint, _name, _refusal(_name))
