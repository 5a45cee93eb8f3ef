"""Users of the site, made in the way that the services make them."""

from __future__ import annotations

from functools import cache

from flask.testing import FlaskClient

from core.identity import passwords
from core.identity import users
from core.identity.models import User
from core.identity.sessions import open_session
from core.identity.users import user_by_name
from core.web.guarding import SESSION_COOKIE
from tests.web.conftest import Site

PASSWORD = "four plain words here"


@cache
def kept() -> str:
    """Return the hash of the password, made once: it takes its time."""
    return passwords.hash_password(PASSWORD)


def make_user(site: Site, name: str, role: str, company_id: int) -> int:
    """Make a user with a password; one that exists already is given the role."""
    with site.kernel.db.write() as session:
        known = session.query(User).filter_by(name=name).one_or_none()
        if known is None:
            known, secret = users.add_user(session, name, role, company_id)
            users.accept_invitation(session, secret, kept())
        users.give_role(session, known, role, company_id)
        return known.id


def browser_of(site: Site, name: str, company_id: int | None = None) -> FlaskClient:
    """Return a browser in which a user is signed in, past the form."""
    with site.kernel.db.write() as session:
        secret = open_session(session, user_by_name(session, name))
    browser = site.visitor()
    browser.set_cookie(SESSION_COOKIE, secret)
    return browser
