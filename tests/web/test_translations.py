"""Both catalogues hold every text of the source, once, and nothing else."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from core.config import ROOT
from core.identity.permissions import matrix
from core.kernel.i18n import read_catalogue
from core.web.i18n import FOLDER
from core.web.i18n import LANGUAGES

PLACE = re.compile(r"%\(\w+\)s")


def source_texts() -> set[str | tuple[str, ...]]:
    """Return every text that the code and the templates of the core translate."""
    with (ROOT / "config" / "babel.cfg").open() as stream:
        methods, options = parse_mapping_cfg(stream)
    keywords = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None}
    found = {
        text for _, _, text, _, _ in extract_from_dir(ROOT / "core", methods, options, keywords)
    }
    with (ROOT / "core" / "ledger" / "chart.csv").open(encoding="utf-8") as stream:
        found |= {row["title"] for row in csv.DictReader(stream)}
    return found | role_texts()


def role_texts() -> set[str]:
    """Return the texts of the permission matrix."""
    table = matrix()
    permissions, roles = table.permissions.values(), table.roles.values()
    texts = {text for each in permissions for text in (each.title, each.area)}
    return texts | {text for role in roles for text in (role.title, role.summary)}


def catalogue(language: str) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as stream:
        return read_po(stream, locale=language)


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def texts_of(message: Message) -> list[str]:
    strings = message.string
    return list(strings) if isinstance(strings, list | tuple) else [strings]


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_holds_what_the_source_says(language: str) -> None:
    held = {m.id if isinstance(m.id, str) else tuple(m.id) for m in messages(language)}

    assert held == source_texts()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    forms = catalogue(language).num_plurals

    for message in messages(language):
        texts = texts_of(message)
        assert all(texts), message.id
        assert not message.fuzzy, message.id
        if not isinstance(message.id, str):
            assert len(texts) == forms, message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_places_of_values(language: str) -> None:
    for message in messages(language):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        wanted = set(PLACE.findall(ids[-1]))
        for text in texts_of(message):
            assert set(PLACE.findall(text)) == wanted, message.id


def test_chinese_is_chinese() -> None:
    plain = {"SKU"}

    for message in messages("zh_Hans"):
        if message.id not in plain:
            assert any("一" <= sign <= "鿿" for sign in texts_of(message)[0]), message.id


@pytest.mark.parametrize(
    "folder", [path.parent for path in (ROOT / "addons").glob("*/manifest.toml")]
)
def test_addons_say_in_chinese_what_they_are(folder: Path) -> None:
    manifest = tomllib.loads((folder / "manifest.toml").read_text("utf-8"))
    held = read_catalogue(
        folder / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po", "zh_Hans"
    )

    for text in (manifest["title"], manifest["summary"]):
        assert held.gettext(text) != text
