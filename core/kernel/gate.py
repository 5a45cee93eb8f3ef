"""The gate in front of the web application: it hides addons that are not enabled.

It stands before Flask, since a blueprint cannot hide itself: Flask would still answer 405 or 308
for its addresses. Every method of a hidden address is answered 404, from the commit of the
disabling on, in every worker.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from collections.abc import Iterable
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn

from flask import Flask
from flask import Response
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import InternalServerError
from werkzeug.exceptions import NotFound

from core.errors import EntrepotError
from core.errors import KernelError
from core.identity.access import needs_of
from core.identity.access import require
from core.identity.permissions import is_known
from core.kernel import faults
from core.kernel.context import frozen_enabled
from core.kernel.context import running_addon
from core.kernel.faults import BOUNDARY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

    from core.kernel.kernel import Kernel

    Page = Callable[[WSGIEnvironment], Response | None]

log = logging.getLogger(__name__)

# gunicorn's configuration looks at this after the request: the worker then starts anew.
STALE = "entrepot.code_is_old"

PLACES = (("x",), ("api", "v1", "x"), ("hooks",))


class Gate:
    """A WSGI application around another one."""

    def __init__(
        self, application: WSGIApplication, kernel: Kernel, page: Page | None = None
    ) -> None:
        self.application = application
        self.kernel = kernel
        self.page = page

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer 404 for a hidden addon; let the rest see one enabled set until the end."""
        enabled = self.kernel.refresh()
        environ[STALE] = self.kernel.code_is_old
        addon = addon_of(environ.get("PATH_INFO", ""))
        with frozen_enabled(enabled):
            if addon is None:
                return self.application(environ, start_response)
            if addon in enabled:
                return self._enter(addon, environ, start_response)
            return self._hide(environ, start_response)

    def _enter(
        self, addon: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        with running_addon(addon):
            try:
                return self.application(environ, start_response)
            except SystemExit as error:
                # Flask lets it pass, and gunicorn would end the worker or the whole server.
                faults.record(self.kernel, addon, f"view:{environ.get('PATH_INFO')}", error)
                return _plain(environ, start_response, 500, "Internal Server Error")

    def _hide(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self.page(environ) if self.page is not None else None
        if answer is None or answer.status_code != 404:
            return _plain(environ, start_response, 404, "Not Found")
        return answer(environ, start_response)


def guard(app: Flask, kernel: Kernel) -> None:
    """Register the addons' blueprints, watch their views, and put the gate in front."""
    for addon, blueprint in kernel.blueprints():
        try:
            app.register_blueprint(blueprint)
        except BOUNDARY as error:
            faults.record(kernel, addon, "hook:blueprints", error)
            # Of two of one name the first stays, and its views are watched already.
            if app.blueprints.get(blueprint.name) is not blueprint:
                continue
        _refuse_undeclared(app, kernel, addon, blueprint.name)
        _watch(app, kernel, addon, blueprint.name)
    app.wsgi_app = Gate(app.wsgi_app, kernel, _page_of(app))  # type: ignore[method-assign]


def _refuse_undeclared(app: Flask, kernel: Kernel, addon: str, blueprint: str) -> None:
    """Record a fault for every view that asks for a permission which nobody can have, and close it.

    An addon may ask for a permission of the core, or for one of its own manifest.
    """
    declared = kernel.found[addon].manifest.permissions
    for endpoint, view in list(app.view_functions.items()):
        if endpoint.rpartition(".")[0] != blueprint:
            continue
        unknown = [name for name in needs_of(view) if not is_known(name, declared)]
        if unknown:
            error = KernelError(
                f"The view {endpoint} asks for {unknown[0]}, which is no permission.",
                hint=f"Declare it under permissions in the manifest of {addon}.",
            )
            faults.record(kernel, addon, f"view:{endpoint}", error)
            app.view_functions[endpoint] = _closed


@require("kernel.nobody")
def _closed(**_values: object) -> NoReturn:
    raise NotFound


def _watch(app: Flask, kernel: Kernel, addon: str, blueprint: str) -> None:
    """Make every error in a view of an addon a fault of that addon, wherever it is answered."""
    for endpoint, view in app.view_functions.items():
        if endpoint.rpartition(".")[0] == blueprint:
            app.view_functions[endpoint] = _watched(kernel, addon, endpoint, view)
    for functions in (app.before_request_funcs, app.after_request_funcs):
        watched = [
            _watched(kernel, addon, blueprint, each) for each in functions.get(blueprint, ())
        ]
        if watched:
            functions[blueprint] = watched


def _watched(
    kernel: Kernel, addon: str, place: str, function: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        kernel.tally.called(addon)
        try:
            return function(*arguments, **options)
        except (HTTPException, EntrepotError):
            raise  # an answer, or a refusal in words
        except BOUNDARY as error:
            faults.record(kernel, addon, f"view:{place}", error)
            if isinstance(error, SystemExit):
                raise InternalServerError from error
            raise

    return call


def _page_of(app: Flask) -> Page:
    """Return the application's own error page, without what it does before a request.

    Asking who is signed in, or for a form's token, would answer something other than 404.
    """

    def page(environ: WSGIEnvironment) -> Response | None:
        with app.request_context(environ):
            try:
                answer = app.make_response(app.handle_user_exception(NotFound()))
                return app.process_response(answer)
            except Exception:
                log.exception("the error page cannot be shown")
                return None

    return page


def addon_of(path: str) -> str | None:
    """Return the addon that an address belongs to, or None for the core's own addresses."""
    # Repeated slashes count once, as they do for Flask, which would answer 308 for them.
    parts = [part for part in path.split("/") if part]
    for place in PLACES:
        if len(parts) > len(place) and tuple(parts[: len(place)]) == place:
            return parts[len(place)]
    return None


def _plain(
    environ: WSGIEnvironment, start_response: StartResponse, code: int, title: str
) -> Iterable[bytes]:
    if environ.get("PATH_INFO", "").lstrip("/").startswith("api/"):
        kind = "application/problem+json"
        body = json.dumps({"type": "about:blank", "title": title, "status": code})
    else:
        kind = "text/html; charset=utf-8"
        body = f"<!DOCTYPE html><title>{title}</title><h1>{title}</h1>"
    data = body.encode()
    headers = [("Content-Type", kind), ("Content-Length", str(len(data)))]
    start_response(f"{code} {title}", headers)
    return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else data]
