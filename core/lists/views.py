"""The forms by which somebody keeps a view of a list, and its columns."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import request
from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import Conflict
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import may
from core.lists import keeping
from core.lists.kinds import ListKind
from core.lists.kinds import list_kind
from core.web import current
from core.web.current import Visitor
from core.web.once import leave_undone
from core.web.undoing import flash_done

blueprint = Blueprint("lists", __name__, url_prefix="/lists")


@blueprint.post("/<name>/views")
@require()
def save(name: str) -> Response:
    """Save the filters of a list under a name."""
    kind, user_id = _kind(name), _visitor().user_id
    query = kind.query_of(request.form)

    def act(session: Session) -> None:
        keeping.save_view(
            session,
            current.company().id,
            user_id,
            name,
            request.form.get("name", ""),
            query,
            shared="shared" in request.form,
        )

    return _done(act, _page(kind, query), _("The view is kept."))


@blueprint.post("/<name>/views/<int:view_id>")
@require()
def change(name: str, view_id: int) -> Response:
    """Give an own view another name, and share it or not."""
    kind, user_id, company_id = _kind(name), _visitor().user_id, current.company().id
    query = keeping.own_view(current.reading(), company_id, user_id, view_id).query

    def act(session: Session) -> None:
        new, shared = request.form.get("name", ""), "shared" in request.form
        keeping.change_view(session, company_id, user_id, view_id, new, shared=shared)

    return _done(act, _page(kind, query), _("The view is kept."))


@blueprint.post("/<name>/views/<int:view_id>/delete")
@require()
def take_away(name: str, view_id: int) -> Response:
    """Take an own view away; the next page offers to have it back."""
    kind, visitor = _kind(name), _visitor()
    with current.writing() as session:
        was = keeping.take_view_away(session, current.company().id, visitor.user_id, view_id)
    fields = [("name", was.name), *kind.values_of(was.query).items()]
    fields += [("shared", "1")] if was.shared else []
    flash_done(_("The view is gone."), url_for("lists.save", name=name), fields)
    return redirect(url_for(kind.endpoint), 303)


@blueprint.post("/<name>/columns")
@require()
def choose_columns(name: str) -> Response:
    """Keep which columns of a list a user looks at; with `usual` those that all see at first."""
    kind, user_id = _kind(name), _visitor().user_id
    asked = request.form.getlist("column")
    chosen = None if "usual" in request.form or not asked else kind.chosen(asked)
    with current.writing() as session:
        keeping.prefer(session, user_id, f"{name}.columns", chosen)
    values = {name: request.form.get(f"list_{name}", "") for name in kind.filters}
    return redirect(_page(kind, kind.query_of(values)), 303)


def _kind(name: str) -> ListKind:
    kind = list_kind(name)
    if not may(kind.permission):
        abort(403)
    return kind


def _visitor() -> Visitor:
    visitor = current.visitor()
    if visitor is None:
        abort(403)
    return visitor


def _page(kind: ListKind, query: str) -> str:
    return url_for(kind.endpoint, **kind.values_of(query))  # type: ignore[arg-type]


def _done(act: Callable[[Session], None], back: str, said: str) -> Response:
    try:
        with current.writing() as session:
            act(session)
    except (Conflict, InputError) as refusal:
        leave_undone()
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
    else:
        flash(said, "success")
    return redirect(back, 303)
