"""Configuration of other programs in the documentation, read as strictly as can be without them."""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from core.cli import build
from core.config import ROOT
from tests.postgres import SOFTWARE

UNIT = {
    "Unit": {"Description", "After", "Wants", "Requires"},
    "Service": {"Type", "User", "WorkingDirectory", "Environment", "EnvironmentFile", "ExecStart"}
    | {"ExecReload", "Restart", "KillMode", "TimeoutStopSec"},
    "Install": {"WantedBy"},
}
DIRECTIVES = {
    *("upstream", "server", "location", "listen", "server_name", "return", "proxy_pass"),
    *("proxy_set_header", "proxy_read_timeout", "client_max_body_size", "ssl_certificate"),
    *("ssl_certificate_key", "proxy_request_buffering", "proxy_http_version", "keepalive"),
    *("proxy_next_upstream", "proxy_connect_timeout"),
}


def systemd(text: str) -> None:
    """Read a unit: its sections, its keys, and the commands of ours that it starts."""
    unit = configparser.RawConfigParser(strict=False, delimiters="=")
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    assert unit.sections()
    for section in unit.sections():
        assert set(unit[section]) <= UNIT[section], set(unit[section]) - UNIT[section]
        for key in ("ExecStart", "ExecReload"):
            if command := unit[section].get(key):
                started(shlex.split(command))


def started(words: list[str]) -> None:
    """Refuse a command that does not exist as it is written."""
    program, *rest = words
    assert program.startswith("/"), f"{program}: a unit needs the whole path"
    if program.endswith("/entrepot"):
        command: click.Command = build()
        context = click.Context(command, info_name="entrepot")
        while isinstance(command, click.Group):
            _, found, rest = command.resolve_command(context, rest)
            assert found is not None
            command = found
        command.make_context(command.name, rest)
    elif program.endswith("/gunicorn"):
        settings = rest[rest.index("-c") + 1]
        assert (ROOT / settings).is_file()
    else:
        assert program in {"/bin/kill"}


def nginx(text: str) -> None:
    """Read a server of nginx: by nginx itself where it is there, else by its grammar."""
    if shutil.which("nginx"):
        check_by_nginx(text)
        return
    depth = 0
    for line in (each.split("#")[0].strip() for each in text.splitlines()):
        if not line:
            continue
        assert line[-1] in "{};", f"{line!r} ends with neither a brace nor a semicolon"
        assert line == "}" or line.split()[0].rstrip(";") in DIRECTIVES, line
        depth += line.count("{") - line.count("}")
        assert depth >= 0
    assert depth == 0, "a brace is not closed"


def check_by_nginx(text: str) -> None:
    """Let nginx read it, without certificates and with names that it need not look up."""
    text = re.sub(r"^ *ssl_.*\n", "", text, flags=re.MULTILINE).replace(" ssl;", ";")
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "nginx.conf"
        whole.write_text(f"pid {folder}/pid;\nevents {{}}\nhttp {{\n{text}\n}}\n")
        done = subprocess.run(
            ["nginx", "-t", "-c", str(whole), "-e", f"{folder}/errors"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr


def with_tools_of_postgresql(path: str) -> str:
    """Return a PATH on which the tools of the wheel's server stand first, if it is there."""
    found = importlib.util.find_spec(SOFTWARE)
    if found is None or "ENTREPOT_TEST_PG" in os.environ:
        return path
    newest = max(Path(found.origin or "").parent.glob("pginstall*"))  # the one that is started
    return f"{newest / 'bin'}:{path}"
