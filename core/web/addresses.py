"""What an address may hold: anything else is answered before a page or the database sees it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask import abort
from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter
from werkzeug.routing import Map

from core.web.sizes import largest

LARGEST_ID = 2**63 - 1


class RowId(IntegerConverter):
    """The id of a row in an address; a number that no row can have leads to no page."""

    def __init__(self, rules: Map, *arguments: Any, **options: Any) -> None:
        super().__init__(rules, *arguments, **{"max": LARGEST_ID, **options})


def refuse_nul() -> None:
    """Refuse a NUL in what was sent: no text of ours holds one, and PostgreSQL fails on it."""
    # A webhook is signed as raw bytes: to look for a form would use them up. And what may be large
    # is read only once its visitor is let in.
    waits = request.blueprint == "webhooks" or largest() is not None
    _refuse_in(MultiDict() if waits else request.form)


def open_large() -> None:
    """Let a view read as much as it says that it takes; its visitor is let in by now."""
    if (number := largest()) is not None:
        request.max_content_length = number
        _refuse_in(request.form)


def close_files(_error: BaseException | None = None) -> None:
    """Give back the files that a large form was put into."""
    request.close()


def _refuse_in(form: MultiDict[str, str]) -> None:
    sent = [request.path, *request.args.to_dict(flat=False), *form]
    sent += [text for _, text in (*request.args.items(multi=True), *form.items(multi=True))]
    if any("\0" in text for text in sent):
        abort(400)


def init_addresses(app: Flask) -> None:
    """Let the routes that are added from now on, and every request, keep to this."""
    app.url_map.converters["int"] = RowId
    app.before_request(refuse_nul)
    app.teardown_request(close_files)
