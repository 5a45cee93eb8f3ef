"""Pages of messages: who waits for an answer, what was said, and answering."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.identity.access import require
from core.identity.actor import current_actor
from core.messages import reading
from core.messages import replying
from core.messages import templates
from core.messages.asking import ask_kinds
from core.messages.asking import talk_about
from core.messages.replying import kinds_of
from core.orders.queries import get_order
from core.paging import read_cursor
from core.web import current
from core.web.once import leave_undone

LONGEST = 20_000
blueprint = Blueprint("messages", __name__, url_prefix="/messages")


@blueprint.get("")
@require("messages.view")
def index() -> str:
    """List conversations, those that wait for an answer first; no text is shown."""
    session, company_id = current.reading(), current.company().id
    tab = request.args.get("tab", reading.WAITING)
    tab = tab if tab in reading.TABS else reading.WAITING
    shop = request.args.get("shop", "")
    accounts = reading.accounts_of(session, company_id)
    chosen = next((each for each in accounts if "/".join(each) == shop), None)
    cursor = read_cursor(request.args.get("page"), int, datetime.fromisoformat, int)
    return render_template(
        "messages/index.html",
        page=reading.list_talks(session, company_id, tab, account=chosen, cursor=cursor),
        tab=tab,
        tabs=reading.TABS,
        accounts=accounts,
        shop=shop if chosen else "",
    )


@blueprint.get("/<int:talk_id>")
@require("messages.view")
def show(talk_id: int) -> str:
    """Show a conversation; its texts are for those who answer."""
    session, company_id = current.reading(), current.company().id
    talk = replying.conversation(session, company_id, talk_id)
    reads = current.may("messages.answer")
    known = templates.list_templates(session, company_id) if reads else ()
    wanted = request.args.get("template", type=int)
    text = next((each.text for each in known if each.id == wanted), "")
    return render_template(
        "messages/show.html",
        talk=talk,
        said=reading.messages_of(session, company_id, talk_id, texts=reads),
        order=get_order(session, company_id, talk.order_id) if talk.order_id else None,
        kinds=kinds_of(talk),
        templates=known,
        text=templates.filled(session, talk, text) if text else "",
    )


@blueprint.post("/<int:talk_id>/answer")
@require("messages.view", "messages.answer")
def answer(talk_id: int) -> Response:
    """Write an answer; a worker sends it."""
    text, kind = request.form.get("text", "")[:LONGEST], request.form.get("kind", "text")
    company_id, by = current.company().id, current_actor().name
    return _act(
        talk_id,
        lambda session: replying.reply(session, company_id, talk_id, text, kind=kind, by=by),
        _("It is on its way."),
    )


@blueprint.post("/<int:talk_id>/again/<int:message_id>")
@require("messages.view", "messages.answer")
def repeat(talk_id: int, message_id: int) -> Response:
    """Send a message once more that failed, or of which nobody knows whether it was sent."""
    company_id = current.company().id
    return _act(
        talk_id,
        lambda session: replying.repeat(session, company_id, message_id),
        _("It is on its way."),
    )


@blueprint.post("/<int:talk_id>/mark")
@require("messages.view", "messages.answer")
def mark(talk_id: int) -> Response:
    """Say that a conversation needs no answer, or that it needs one after all."""
    company_id, waiting = current.company().id, request.form.get("waiting") == "1"
    return _act(
        talk_id,
        lambda session: replying.mark(session, company_id, talk_id, waiting=waiting),
        _("Done."),
    )


@blueprint.post("/<int:talk_id>/ask")
@require("messages.view", "messages.answer")
def ask(talk_id: int) -> Response:
    """Ask the platform what may be sent in a conversation."""
    company_id = current.company().id
    replying.conversation(current.reading(), company_id, talk_id)
    current.close_reading()
    _asked(company_id, talk_id)
    return _back(talk_id)


@blueprint.post("/about/<int:order_id>")
@require("messages.view", "messages.answer", "orders.view")
def begin(order_id: int) -> Response:
    """Open the conversation about an order; the platform is asked what may be sent."""
    company_id = current.company().id
    get_order(current.reading(), company_id, order_id)
    current.close_reading()
    try:
        talk_id = talk_about(current.kernel(), company_id, order_id)
    except EntrepotError as refusal:
        leave_undone()
        flash(str(refusal), "danger")
        return redirect(url_for("orders.show", order_id=order_id), 303)
    _asked(company_id, talk_id)
    return _back(talk_id)


@blueprint.get("/templates")
@require("messages.view", "messages.answer")
def list_templates() -> str:
    """Show the texts to answer with."""
    found = templates.list_templates(current.reading(), current.company().id)
    return render_template(
        "messages/templates.html", templates=found, languages=templates.LANGUAGES
    )


@blueprint.post("/templates")
@require("messages.view", "messages.answer")
def keep_template() -> Response:
    """Store a text to answer with; an empty one ends it."""
    form = request.form
    try:
        with current.writing() as session:
            templates.keep_template(
                session,
                current.company().id,
                form.get("name", ""),
                form.get("language", ""),
                form.get("text", ""),
            )
    except EntrepotError as refusal:
        leave_undone()
        flash(str(refusal), "danger")
    else:
        flash(_("Done."), "success")
    return redirect(url_for(".list_templates"), 303)


def _asked(company_id: int, talk_id: int) -> None:
    try:
        kinds = ask_kinds(current.kernel(), company_id, talk_id)
    except EntrepotError as refusal:
        leave_undone()
        flash(str(refusal), "danger")
    else:
        if not kinds:
            flash(_("The platform allows no message here now."), "warning")


def _act(talk_id: int, act: Callable[[Session], object], done: str) -> Response:
    replying.conversation(current.reading(), current.company().id, talk_id)
    current.close_reading()
    try:
        with current.writing() as session:
            act(session)
    except EntrepotError as refusal:
        leave_undone()
        flash(str(refusal), "danger")
    else:
        flash(done, "success")
    return _back(talk_id)


def _back(talk_id: int) -> Response:
    return redirect(url_for(".show", talk_id=talk_id), 303)
