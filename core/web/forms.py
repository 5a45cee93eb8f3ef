"""Forms of the shell, and where to go after one."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms import PasswordField
from wtforms import StringField
from wtforms.validators import InputRequired
from wtforms.validators import Length


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class LoginForm(FlaskForm):  # type: ignore[misc]  # flask-wtf has no types
    """The form of the sign-in page."""

    name = StringField(_l("User"), validators=[Length(max=200)], filters=[_stripped])
    token = PasswordField(
        _l("Password or token"),
        validators=[InputRequired(_l("Enter your password, or the token.")), Length(max=1024)],
        filters=[_stripped],
    )
    code = StringField(_l("Code of the second factor"), validators=[Length(max=30)])
    next = HiddenField()


def local_path(address: str | None, default: str = "/") -> str:
    """Return an address within this site, else the default: no form sends anyone elsewhere."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return default
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or any(ord(sign) < 32 for sign in address):
        return default
    return address
