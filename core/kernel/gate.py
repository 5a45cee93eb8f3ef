"""The gate in front of the web application: it hides addons that are not enabled.

It stands before Flask, since a blueprint cannot hide itself: Flask would still answer 405 or 308
for its addresses. Every method of a hidden address is answered 404, from the commit of the
disabling on, in every worker.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from flask import got_request_exception

from core.kernel import faults
from core.kernel.context import current_addon
from core.kernel.context import frozen_enabled
from core.kernel.context import running_addon

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

    from core.kernel.kernel import Kernel

PLACES = (("x",), ("api", "v1", "x"), ("hooks",))


class Gate:
    """A WSGI application around another one."""

    def __init__(self, application: WSGIApplication, kernel: Kernel) -> None:
        self.application = application
        self.kernel = kernel

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer 404 for a hidden addon; let the rest see one enabled set until the end."""
        enabled = self.kernel.refresh()
        addon = addon_of(environ.get("PATH_INFO", ""))
        if addon is not None and addon not in enabled:
            return _answer(environ, start_response, 404, "Not Found")
        with frozen_enabled(enabled):
            if addon is None:
                return self.application(environ, start_response)
            return self._enter(addon, environ, start_response)

    def _enter(
        self, addon: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        with running_addon(addon):
            try:
                return self.application(environ, start_response)
            except SystemExit as error:
                # Flask lets it pass, and gunicorn would end the worker or the whole server.
                faults.record(self.kernel, addon, f"view:{environ.get('PATH_INFO')}", error)
                return _answer(environ, start_response, 500, "Internal Server Error")


def guard(app: Flask, kernel: Kernel) -> None:
    """Register the addons' blueprints, record their failing views, and put the gate in front."""
    for _addon, blueprint in kernel.blueprints():
        app.register_blueprint(blueprint)

    def on_error(_sender: Flask, exception: Exception, **_more: object) -> None:
        addon = current_addon()
        if addon is not None:
            faults.record(kernel, addon, "view", exception)

    # Not weakly: nothing else keeps the function alive.
    got_request_exception.connect(on_error, app, weak=False)
    app.wsgi_app = Gate(app.wsgi_app, kernel)  # type: ignore[method-assign]


def addon_of(path: str) -> str | None:
    """Return the addon that an address belongs to, or None for the core's own addresses."""
    # Repeated slashes count once, as they do for Flask, which would answer 308 for them.
    parts = [part for part in path.split("/") if part]
    for place in PLACES:
        if len(parts) > len(place) and tuple(parts[: len(place)]) == place:
            return parts[len(place)]
    return None


def _answer(
    environ: WSGIEnvironment, start_response: StartResponse, code: int, title: str
) -> Iterable[bytes]:
    if environ.get("PATH_INFO", "").lstrip("/").startswith("api/"):
        kind = "application/problem+json"
        body = json.dumps({"type": "about:blank", "title": title, "status": code})
    else:
        kind = "text/html; charset=utf-8"
        body = f"<!doctype html><title>{title}</title><h1>{title}</h1>"
    data = body.encode()
    headers = [("Content-Type", kind), ("Content-Length", str(len(data)))]
    start_response(f"{code} {title}", headers)
    return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else data]
