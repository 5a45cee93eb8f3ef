"""The addon's own texts."""

from __future__ import annotations

from pathlib import Path

from core.api import addon_texts

texts = addon_texts(Path(__file__).parent / "translations")
