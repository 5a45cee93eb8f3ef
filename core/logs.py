"""How a line of the log is written; `config/logging.toml` names the formatter."""

from __future__ import annotations

import logging

LIMIT = 20_000


class LimitedFormatter(logging.Formatter):
    """Cut off what is too long: one message of an addon may be as large as its memory."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, shortened where it is longer than anybody reads."""
        line = super().format(record)
        if len(line) <= LIMIT:
            return line
        half = LIMIT // 2
        return f"{line[:half]} ... ({len(line) - LIMIT} characters left out) ... {line[-half:]}"
