"""Two who change the same rights at the same moment: the second finds what the first did."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import NotFound
from core.identity import passwords
from core.identity import tokens
from core.identity import users
from core.identity.actor import HOUSE
from core.identity.models import ApiToken
from core.identity.models import Membership
from core.identity.models import User
from core.kernel.kernel import Kernel

Act = Callable[[Session], Any]
AMID_SECONDS = 0.3


def overlap(kernel: Kernel, first: Act, second: Act) -> tuple[Any, Future[Any]]:
    """Begin the second act after the first was done and before it is committed."""

    def run() -> Any:
        with kernel.db.write() as session:
            return second(session)

    with ThreadPoolExecutor(1) as pool:
        with kernel.db.write() as session:
            done = first(session)
            session.flush()
            waiting = pool.submit(run)
            with pytest.raises(TimeoutError):
                waiting.result(AMID_SECONDS)  # it must wait for what the first leaves
        waiting.exception(timeout=30)
    return done, waiting


def named(session: Session, name: str) -> User:
    return users.user_by_name(session, name)


@pytest.fixture
def owners(kernel: Kernel) -> Kernel:
    """Give an installation that two users own."""
    with kernel.db.write() as session:
        users.add_user(session, "ann", "owner", HOUSE)
    return kernel


def test_two_owners_who_disable_each_other_leave_one(owners: Kernel) -> None:
    _done, second = overlap(
        owners,
        lambda session: users.disable_user(session, named(session, "ann")),
        lambda session: users.disable_user(session, named(session, "admin")),
    )

    with pytest.raises(Conflict, match="Nobody else owns"):
        second.result()
    with owners.db.read() as session:
        left = session.scalars(sa.select(User.name).where(User.disabled_at.is_(None))).all()
    assert left == ["admin"]


def test_two_owners_who_take_the_role_of_each_other_leave_one(owners: Kernel) -> None:
    _done, second = overlap(
        owners,
        lambda session: users.take_role(session, named(session, "ann"), "owner", HOUSE),
        lambda session: users.take_role(session, named(session, "admin"), "owner", HOUSE),
    )

    with pytest.raises(Conflict, match="Nobody else owns"):
        second.result()
    with owners.db.read() as session:
        held = sa.select(sa.func.count()).where(Membership.role == "owner")
        assert session.scalar(held.select_from(Membership)) == 1


def test_invitation_is_accepted_once(kernel: Kernel) -> None:
    first, other = passwords.hash_password("four plain words here"), "never checked"
    with kernel.db.write() as session:
        _user, secret = users.add_user(session, "ann", "support", HOUSE)

    _done, second = overlap(
        kernel,
        lambda session: users.accept_invitation(session, secret, first),
        lambda session: users.accept_invitation(session, secret, other),
    )

    with pytest.raises(NotFound, match="does not hold any more"):
        second.result()
    with kernel.db.read() as session:
        assert named(session, "ann").password_hash == first


def test_token_of_a_name_is_made_once(kernel: Kernel) -> None:
    def make(session: Session) -> str:
        admin = named(session, "admin")
        company = session.scalar(sa.text("SELECT id FROM kernel_company"))
        return tokens.make_token(
            session, admin, company, "robot", ["jobs.view"], allowed=["jobs.view"]
        )

    made, second = overlap(kernel, make, make)

    assert made.startswith("ent_")
    with pytest.raises(Conflict, match="There is a token 'robot' already"):
        second.result()
    with kernel.db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ApiToken)) == 1


def test_user_of_a_name_is_made_once(kernel: Kernel) -> None:
    def add(session: Session) -> str:
        return users.add_user(session, "ann", "support", HOUSE)[1]

    _done, second = overlap(kernel, add, add)

    with pytest.raises(Conflict, match="There is a user ann already"):
        second.result()


def test_role_is_given_once(owners: Kernel) -> None:
    def give(session: Session) -> bool:
        return users.give_role(session, named(session, "ann"), "support", HOUSE)

    done, second = overlap(owners, give, give)

    assert (done, second.result()) == (True, False)
