"""Texts to answer with: one for each name and language, with places for numbers."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import InputError
from core.ids import next_id
from core.messages.models import AnswerTemplate
from core.messages.models import Conversation
from core.orders.models import Order
from core.orders.models import OrderEvent

LANGUAGES = ("en", "zh_Hans", "de", "fr", "it", "es", "nl", "pl", "ja")
"""In which templates are written: those of the buyers, not those of the pages alone."""
LONGEST_NAME, LONGEST = 80, 2000


def list_templates(session: Session, company_id: int) -> Sequence[AnswerTemplate]:
    """Return the templates of a company by name and language."""
    query = (
        sa.select(AnswerTemplate)
        .where(AnswerTemplate.company_id == company_id)
        .order_by(AnswerTemplate.name, AnswerTemplate.language)
    )
    return session.scalars(query).all()


def keep_template(session: Session, company_id: int, name: str, language: str, text: str) -> None:
    """Store a template in place of the one of the same name and language; no text ends it.

    Raises: InputError.
    """
    name, text = name.strip(), text.strip()
    if not 0 < len(name) <= LONGEST_NAME or len(text) > LONGEST or language not in LANGUAGES:
        raise InputError(
            "A template has a name, one of the languages, and a text of at most 2000 characters."
        )
    row = session.scalars(
        sa.select(AnswerTemplate).where(
            AnswerTemplate.company_id == company_id,
            AnswerTemplate.name == name,
            AnswerTemplate.language == language,
        )
    ).one_or_none()
    if not text:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(
            AnswerTemplate(
                company_id=company_id, id=next_id(session), name=name, language=language, text=text
            )
        )
    else:
        row.text, row.row_version = text, row.row_version + 1
    session.flush()


def filled(session: Session, talk: Conversation, text: str) -> str:
    """Return a template's text with the numbers of the order that a conversation is about."""
    order, tracking = talk.order_ref or "", ""
    if talk.order_id is not None:
        named = sa.select(Order.external_ref).where(
            Order.company_id == talk.company_id, Order.id == talk.order_id
        )
        order = session.scalar(named) or order
        tracking = _tracking(session, talk.company_id, talk.order_id)
    return text.replace("{order}", order).replace("{tracking}", tracking)


def _tracking(session: Session, company_id: int, order_id: int) -> str:
    query = (
        sa.select(OrderEvent.detail)
        .where(OrderEvent.company_id == company_id, OrderEvent.order_id == order_id)
        .order_by(OrderEvent.id.desc())
        .limit(50)
    )
    for detail in session.scalars(query):
        if isinstance(detail, dict) and detail.get("tracking"):
            return str(detail["tracking"])
    return ""
