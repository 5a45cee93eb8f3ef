"""`entrepot fake up`: marketplaces that answer until they are told to stop."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import httpx2
from click.testing import CliRunner

from core.cli import build
from core.config import ROOT


def test_it_answers_until_it_is_stopped() -> None:
    command = [sys.executable, "-m", "core.cli", "fake", "up", "amazon", "--orders", "5", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        (told,) = json.loads(running.stdout.readline())
        form = {"grant_type": "refresh_token", **told["credentials"]}
        answer = httpx2.post(f"{told['address']}/auth/o2/token", data=form)
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0

    assert answer.json()["expires_in"] == 3600


def test_an_unknown_marketplace_is_named() -> None:
    result = CliRunner().invoke(build(), ["fake", "up", "bazaar"])

    assert result.exit_code == 2
    assert "bazaar" in result.output
