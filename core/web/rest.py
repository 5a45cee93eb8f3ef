"""What the parts of the API share: strict reading, pages by cursor, and acts that are done once.

A view says what it is asked, what it takes and what it answers, and the document of the API
(`core.web.openapi`) is made of just that:

    @blueprint.get("/<int:order_id>")
    @require("orders.view")
    @rest.asks(cursor=rest.text())
    def show(asked: dict[str, Any], order_id: int) -> rest.Answer[OrderDocument]: ...

A POST with an `Idempotency-Key` acts once: sent again it gets the first answer. Another request
under the same key is refused. What was refused itself may be sent again under its key. What is
read has an `ETag`; who sends it back as `If-None-Match` is told in short that nothing changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any
from typing import Generic
from typing import Literal
from typing import NotRequired
from typing import TypedDict
from typing import TypeVar
from typing import cast

from flask import Blueprint
from flask import Response
from flask import g
from flask import request
from marshmallow import RAISE
from marshmallow import Schema
from marshmallow import ValidationError
from marshmallow import fields
from marshmallow import validate

from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.actor import current_actor
from core.identity.answers import Kept
from core.identity.answers import claim_answer
from core.identity.answers import give_up_answer
from core.identity.answers import keep_answer
from core.identity.fields import visible_fields
from core.paging import Page
from core.web import current

PREFIX = "/api/v1"
LONGEST_KEY = 200
MOST_ROWS = 200
LARGEST = 2**63 - 1
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])
Where = Literal["query", "body", "form"]
ASKED = "entrepot_asked"


class Answer(Response, Generic[T]):
    """An answer whose JSON has the shape that stands in the brackets."""


class Items(TypedDict, Generic[T]):
    """A list that is short enough to be told at once."""

    items: list[T]


class Listed(TypedDict, Generic[T]):
    """A page of a list; `next` and `previous` are the cursors of its neighbours."""

    items: list[T]
    next: str | None
    previous: str | None


class Problem(TypedDict):
    """What went wrong (RFC 9457); `code` is a heading of the reference of errors."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    correlation_id: str
    code: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a view reads of a request: the parameters of its address, or the fields of its body.

    Of a form it also names the files; the first of them has to be there.
    """

    where: Where
    named: Mapping[str, fields.Field[Any]]
    files: tuple[str, ...] = ()


MOST_UNITS = 10**9

Units = fields.Integer(strict=True, validate=validate.Range(1, MOST_UNITS))

Quantities = fields.Dict(
    keys=fields.String(validate=validate.Length(1, 200)),
    values=Units,
    validate=validate.Length(1, 1000),
)
"""How much of each code."""

Amount = fields.Decimal(metadata={"type": ["string", "number"]})
"""A decimal number, better as text."""

IDS = validate.Range(0, LARGEST)
"""What the number of a thing may be."""

Whole = fields.Integer(strict=True, validate=validate.Range(-LARGEST, LARGEST))


def text(longest: int = 500, **options: Any) -> fields.String:
    """Return a field for a text of some length."""
    return fields.String(validate=validate.Length(0, longest), **options)


def asks(**named: fields.Field[Any]) -> Callable[[View], View]:
    """Let a view be asked with parameters in its address; it gets them read, before all else."""
    return _reads(Asked("query", named), lambda: query(**named))


def takes(**named: fields.Field[Any]) -> Callable[[View], View]:
    """Let a view take a body of some fields; it gets them read, before all else."""

    def read() -> dict[str, Any]:
        query()
        return body(**named)

    return _reads(Asked("body", named), read)


def takes_form(*, files: tuple[str, ...], **named: fields.Field[Any]) -> Callable[[View], View]:
    """Let a view take a form with files; it gets all of it by name, before all else.

    The first file has to be there, the others may be.
    """

    def read() -> dict[str, Any]:
        query()
        return form(files, **named)

    return _reads(Asked("form", named, files), read)


def _reads(asked: Asked, read: Callable[[], dict[str, Any]]) -> Callable[[View], View]:
    def declare(view: View) -> View:
        @wraps(view)
        def reading(**values: Any) -> Any:
            found = read()
            return view(found, **values) if asked.named else view(**values)

        setattr(reading, ASKED, asked)
        return cast("View", reading)

    return declare


def asked_of(view: object) -> Asked | None:
    """Return what a view declares to read of a request; None where it does not say."""
    return getattr(view, ASKED, None)


def day(**options: Any) -> fields.Date:
    """Return a field for a day that books may know: the one before and after it are days too."""
    return fields.Date(validate=validate.Range(FIRST_DAY, LAST_DAY), **options)


def one_of(*choices: str, **options: Any) -> fields.String:
    """Return a field for one of some words."""
    return fields.String(validate=validate.OneOf(choices), **options)


def blueprint(name: str, import_name: str) -> Blueprint:
    """Return the blueprint of a part of the API: `/api/v1/<name>`, endpoints `<name>_api.…`.

    Without a name it is that of the API itself, at `/api/v1`.
    """
    if name:
        made = Blueprint(f"{name}_api", import_name, url_prefix=f"{PREFIX}/{name}")
    else:
        made = Blueprint("api", import_name, url_prefix=PREFIX)
    made.before_request(_begin)
    made.after_request(_finish)
    return made


def body(**named: fields.Field[Any]) -> dict[str, Any]:
    """Read the request's JSON object; what is not named is refused, no body is an empty one.

    Raises: InputError naming the field.
    """
    if not request.get_data(cache=True):
        given: Any = {}
    elif not request.is_json:
        raise InputError("the body is no JSON.", hint="Send Content-Type: application/json.")
    else:
        given = _parsed()
    if not isinstance(given, dict):
        raise InputError("the body is no JSON object.", where="body")
    if any(not _is_storable(each) for each in _texts(given)):
        raise InputError("it holds characters that are no text.", where="body")
    return _loaded(named, given)


def form(files: Sequence[str], **named: fields.Field[Any]) -> dict[str, Any]:
    """Read the request's form and its files; what is not named is refused.

    Raises: InputError naming the field.
    """
    given, sent = request.form, {name: each for name, each in request.files.items() if each}
    often = {name: len(each) for name, each in given.lists()}
    often |= {name: len(each) for name, each in request.files.lists()}
    if twice := [name for name, number in often.items() if number > 1]:
        raise InputError("it is given more than once.", where=twice[0])
    texts = {name: text for name, text in given.items() if name != "csrf_token"}
    if broken := [name for name, text in texts.items() if not _is_storable(name + text)]:
        raise InputError("it holds characters that are no text.", where=broken[0])
    if unknown := [name for name in request.files if name not in files]:
        raise InputError("Unknown field.", where=unknown[0])
    found = _loaded(named, texts)
    if files[0] not in sent:
        raise InputError("send a file with a name, as multipart/form-data.", where=files[0])
    if broken := [name for name, each in sent.items() if not _is_storable(each.filename or "")]:
        raise InputError("its name holds characters that are no text.", where=broken[0])
    return {**found, **sent}


def _parsed() -> Any:
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def _texts(given: Any) -> Iterator[str]:
    """Yield every text of a JSON value, names too."""
    waiting = [given]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, list):
            waiting += each


def _is_storable(text: str) -> bool:
    """Say whether a database can keep a text: PostgreSQL keeps no NUL, and nobody half a pair."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def query(**named: fields.Field[Any]) -> dict[str, Any]:
    """Read the address's parameters; each stands once, and one that is not named is refused.

    Raises: InputError naming the parameter.
    """
    if twice := [name for name, values in request.args.lists() if len(values) > 1]:
        raise InputError("it is given more than once.", where=twice[0])
    if broken := [name for name, value in request.args.items() if not _is_storable(value)]:
        raise InputError("it holds characters that are no text.", where=broken[0])
    return _loaded(named, request.args.to_dict())


def _loaded(named: Mapping[str, fields.Field[Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = Schema.from_dict(dict(named))(unknown=RAISE).load(given)
    except ValidationError as error:
        said = error.messages_dict
        name = next(iter(said))
        raise InputError(_first(said[name]), where=str(name)) from error
    return found


def _first(said: Any) -> str:
    while not isinstance(said, str):
        said = next(iter(said.values() if isinstance(said, dict) else said))
    return said


def paging() -> dict[str, fields.Field[Any]]:
    """Return the parameters of a list."""
    whole = fields.Integer(validate=validate.Range(1, MOST_ROWS), load_default=50)
    return {"cursor": text(1000, load_default=""), "limit": whole}


def respond(document: object) -> Answer[Any]:
    """Answer a document as JSON; moments and days as ISO 8601 writes them."""
    said = json.dumps(document, default=_plain, ensure_ascii=False, separators=(",", ":"))
    return Answer(said, mimetype="application/json")


def respond_once(document: object, *, kept: object) -> Answer[Any]:
    """Answer a document with a secret in it; who sends the act again is told `kept` instead."""
    g.answer_kept = respond(kept).get_data(as_text=True)
    return respond(document)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def listed(
    page: Page[Any], show: Callable[[Any], Mapping[str, Any]] = visible_fields
) -> Answer[Any]:
    """Answer a page of a list with the cursors of its neighbours; what may not be seen is null."""
    rows: Sequence[Any] = [show(row) for row in page.rows]
    return respond({"items": rows, "next": page.next, "previous": page.previous})


def _content() -> Iterator[bytes]:
    """Yield what a request holds; of a file its digest, for it may be large."""
    if request.mimetype != "multipart/form-data":
        yield request.get_data(cache=True)
        return
    for name, text in sorted(request.form.items(multi=True)):
        yield json.dumps([name, text]).encode()
    for name, file in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
        digest = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]
        file.stream.seek(0)
        yield json.dumps([name, file.filename, digest]).encode()


def _begin() -> Response | None:
    """Claim the request's key; who sends it again gets what was answered first."""
    if "\0" in request.path:
        raise NotFound("Nothing has such a name.")
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY:
        raise InputError(f"a key has 1 to {LONGEST_KEY} characters.", where="Idempotency-Key")
    actor = current_actor()
    owner = f"{actor.company_id}|{actor.user_id}|{key}"
    asked = b"\0".join([request.full_path.encode(), *_content()])
    mark, digest = (hashlib.sha256(each).hexdigest() for each in (owner.encode(), asked))
    with current.writing() as session:
        kept = claim_answer(session, mark, digest)
    if kept is None:
        g.answer_key = mark
        return None
    return _again(kept, digest)


def _again(kept: Kept, digest: str) -> Response:
    if kept.request != digest:
        raise Conflict(
            "This Idempotency-Key was used for another request.",
            hint="Use a new key for each act, the same one only to send an act again.",
        )
    if kept.status is None:
        raise Conflict(
            "The first request under this Idempotency-Key is still at work.",
            hint="Send it again in a moment.",
        )
    answer = Response(kept.body, kept.status, mimetype="application/json")
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _finish(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    if request.method == "GET" and answer.status_code == 200:
        answer.add_etag()
        answer.make_conditional(request)
    key = g.pop("answer_key", None)
    if key is not None:
        with current.writing() as session:
            if answer.status_code >= 400:
                give_up_answer(session, key)
            else:
                said = g.pop("answer_kept", None) or answer.get_data(as_text=True)
                keep_answer(session, key, answer.status_code, said)
    return answer
