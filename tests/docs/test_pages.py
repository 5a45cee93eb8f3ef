"""The documentation is true: its blocks are run or read, its links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import pytest

from core.config import ROOT
from tests.databases import Databases
from tests.docs import configs
from tests.docs import steps
from tests.docs.pages import blocks
from tests.docs.pages import indented
from tests.docs.pages import pages
from tests.docs.pages import shown

RUN = {"bash", "console", "python"}
READ = {"toml": tomllib.loads, "json": json.loads, "ini": configs.systemd, "nginx": configs.nginx}
# What is only looked at: files have a name and are used by the commands after them.
LOOKED_AT = {"text", "csv"}
NOT_RUN = 14


def name_of(page: Path) -> str:
    """Return a page's name for the list of tests."""
    return str(page.relative_to(ROOT).with_suffix(""))


RUNNABLE = [page for page in pages() if any(block.language in RUN for block, _ in shown(page))]


@pytest.fixture
def home(tmp_path: Path, programs: Path) -> Path:
    """Make the home of a page's reader, who has Entrepot in ~/entrepot."""
    steps.make_programs(tmp_path, programs)
    for name in ("config", "wsgi.py", "core", "addons"):
        (tmp_path / "entrepot" / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.fixture
def server(request: pytest.FixtureRequest, databases: Databases) -> Iterator[dict[str, str]]:
    """Tell PostgreSQL's own tools where the server is, if the page needs one."""
    page: Path = request.getfixturevalue("page")
    if not any((block.word, block.text) == ("needs", "postgresql") for block in blocks(page)):
        yield {}
        return
    for url in databases.lend("postgresql", empty=True):
        parts = urlsplit(url)
        host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
        yield {
            "PGHOST": host,
            "PGPORT": str(parts.port or 5432),
            "PGUSER": parts.username or "",
            "PGPASSWORD": parts.password or "",
            "PGDATABASE": parts.path[1:],
            "PATH": configs.with_tools_of_postgresql(os.environ["PATH"]),
        }


@pytest.mark.parametrize("page", RUNNABLE, ids=name_of)
def test_what_a_page_shows_can_be_done(
    page: Path, home: Path, server: dict[str, str], request: pytest.FixtureRequest
) -> None:
    todo = list(steps.steps(page))
    folder = home / "entrepot"
    if any(block.word == "starts from" for block in blocks(page)):
        begun = request.getfixturevalue("shop")
        shutil.copytree(begun / "entrepot" / "instance", folder / "instance")
        shutil.copytree(begun / "shop", home / "shop")
    path = f"{folder}/.venv/bin:{server.get('PATH', os.environ['PATH'])}"
    environment = {**server, "ENTREPOT_INSTANCE": str(folder / "instance"), "PATH": path}

    printed = steps.run(todo, folder, {"HOME": str(home), **environment})

    for step, text in zip(todo, printed, strict=True):
        assert step.fits(text), (
            f"{step.block}\n$ {step.lines}\n{text}\n--- but the page says ---\n{step.shown}"
        )


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_block_is_run_or_read(page: Path) -> None:
    for block, reason in shown(page):
        if block.language in READ:
            READ[block.language](block.text)
        else:
            assert block.language in RUN | LOOKED_AT, f"{block}: what is {block.language!r}?"
        assert not reason or len(reason.split()) > 3, f"{block}: why is it not run?"
    assert indented(page) == [], f"{page}: fence it, and say what it is"


def test_few_blocks_are_not_run() -> None:
    marked = [f"{block}: {reason}" for page in pages() for block, reason in shown(page) if reason]

    assert len(marked) <= NOT_RUN, "\n".join(marked)


def test_every_link_leads_somewhere() -> None:
    links = [
        (page, link)
        for page in [*pages(), ROOT / "CHANGES.md"]
        for link in re.findall(r"\]\(([^)\s]+)[^)]*\)", page.read_text("utf-8"))
        if "://" not in link
    ]

    assert len(links) > 60
    assert [f"{page.name}: {link}" for page, link in links if not leads(page, link)] == []


def leads(page: Path, link: str) -> bool:
    """Tell whether a link leads to a file, and within a page to one of its headings."""
    name, _, heading = link.partition("#")
    target = page.parent / name if name else page
    if not heading:
        return target.exists()
    return target.is_file() and heading in anchors(target)


def anchors(page: Path) -> set[str]:
    """Return the names by which a page's headings can be linked to."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_can_be_reached_from_the_first() -> None:
    index = ROOT / "docs" / "README.md"
    reached, todo = {index}, [index]
    while todo:
        page = todo.pop()
        for link in re.findall(r"\]\(([^)#\s]+\.md)[^)]*\)", page.read_text("utf-8")):
            target = (page.parent / link).resolve()
            if "://" not in link and target.exists() and target not in reached:
                reached.add(target)
                todo.append(target)

    assert [name_of(page) for page in pages() if page not in reached | {ROOT / "README.md"}] == []
    listed = set(re.findall(r"\]\(([^)#\s]+\.md)\)", index.read_text("utf-8")))
    own = {str(page.relative_to(index.parent)) for page in pages() if index.parent in page.parents}
    assert own - listed == {"README.md"}
