"""Rules as a file: exported in their order, and imported as drafts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from core.errors import InputError
from core.identity.deeds import deed
from core.rules.rule import RuleText
from core.rules.rule import Vocabulary
from core.rules.rule import read_rule
from core.rules.storing import StoredRule
from core.rules.storing import add_rule
from core.rules.storing import change_rule
from core.rules.storing import go_live
from core.rules.storing import list_rules
from core.rules.storing import order_rules
from core.rules.storing import switch_rule
from core.rules.words import vocabulary

LARGEST = 5_000_000
MOST_RULES = 1000


def export_rules(rules: Sequence[StoredRule]) -> dict[str, Any]:
    """Return the rules as one document, in their order."""
    return {"rules": [{**rule.newest.document(), "enabled": rule.enabled} for rule in rules]}


def read_rules(path: Path, words: Vocabulary) -> list[tuple[RuleText, bool]]:
    """Read a file of rules; each comes with whether it is on.

    Raises: InputError naming the file, the rule and what is wrong; then nothing of it is used.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"larger than {LARGEST:,} bytes.", where=path.name)
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}.", where=str(path)) from error
    except ValueError as error:
        raise InputError(f"is not JSON: {error}.", where=path.name) from error
    if not isinstance(document, dict) or not isinstance(document.get("rules"), list):
        raise InputError(
            'must be an object with a list "rules".',
            where=path.name,
            hint="`entrepot rules export` writes such a file.",
        )
    if len(document["rules"]) > MOST_RULES:
        raise InputError(f"more than {MOST_RULES} rules.", where=path.name)
    found = [
        _one(each, words, f"{path.name}: rules[{place}]")
        for place, each in enumerate(document["rules"], 1)
    ]
    names = [text.name for text, _ in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{twice[0]!r} is the name of two rules.", where=path.name)
    return found


def import_rules(
    session: Session, company_id: int, path: Path, author: str, *, live: bool
) -> dict[str, list[str]]:
    """Store a file's rules in its order, those of a known name as its next version.

    They are drafts unless `live`. Rules that the file does not name come after its own.
    """
    wanted = read_rules(path, vocabulary(session))
    with deed(session, company_id, "rules.imported", "rules", by=author) as told:
        result = _store(session, company_id, wanted, author, live=live)
        if told is not None:
            told.after |= {"live": live, **{name: len(each) for name, each in result.items()}}
    return result


def _store(
    session: Session,
    company_id: int,
    wanted: Sequence[tuple[RuleText, bool]],
    author: str,
    *,
    live: bool,
) -> dict[str, list[str]]:
    known = {rule.newest.name: rule for rule in list_rules(session, company_id)}
    result: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
    ids = []
    for text, enabled in wanted:
        rule = known.get(text.name)
        if rule is None:
            rule_id, version, outcome = add_rule(session, company_id, text, author), 1, "added"
        else:
            rule_id = rule.id
            version = change_rule(session, company_id, rule_id, text, author)
            outcome = "unchanged" if version == rule.version else "changed"
        if live and (rule is None or rule.live_version != version):
            go_live(session, company_id, rule_id, version)
        if rule is None or rule.enabled != enabled:
            switch_rule(session, company_id, rule_id, on=enabled)
        result[outcome].append(text.name)
        ids.append(rule_id)
    others = [rule.id for rule in known.values() if rule.id not in ids]
    order_rules(session, company_id, [*ids, *others])
    return result


def _one(document: object, words: Vocabulary, where: str) -> tuple[RuleText, bool]:
    if not isinstance(document, dict):
        raise InputError("must be an object.", where=where)
    enabled = document.get("enabled", True)
    if not isinstance(enabled, bool):
        raise InputError("enabled must be true or false.", where=where)
    rest = {key: value for key, value in document.items() if key != "enabled"}
    return read_rule(rest, words, where), enabled
