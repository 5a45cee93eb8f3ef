"""The ECB's files on the web: ninety days as XML, or all since 1999 as the archive.

Ninety days are fetched rather than the one of the day: what was missed meanwhile comes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from xml.parsers import expat

from addons.rates_ecb.table import NO_RATE
from addons.rates_ecb.table import packaged
from addons.rates_ecb.table import read_zip
from core.api import FetchedRate
from core.api import HttpClient
from core.api import InputError
from core.api import Operation

RECENT = Operation("rates.recent", "GET", "/eurofxref-hist-90d.xml")
WHOLE = Operation("rates.whole", "GET", "/eurofxref-hist.zip")
COVERED = timedelta(days=80)
"""How far back the file of ninety days is relied upon."""

ACCEPT = {"Accept": "application/xml, application/zip"}
ENVELOPE = "http://www.gesmes.org/xml/2002-08-01 Envelope"
CUBE = "http://www.ecb.int/vocabulary/2002-08-01/eurofxref Cube"


def fetch_rates(http: HttpClient, since: date | None, today: date) -> Sequence[FetchedRate]:
    """Return what the ECB published since the last day that is known, at least its last ones."""
    known = max(since or date.min, packaged().last)
    if today - known <= COVERED:
        return read_xml(http.call(RECENT, headers=ACCEPT).content)
    table = read_zip(http.call(WHOLE, headers=ACCEPT).content)
    return [
        FetchedRate(currency, day, value)
        for currency in sorted(table.currencies)
        for day, value in zip(*table.series(currency), strict=True)
        if day > known
    ]


def read_xml(content: bytes) -> Sequence[FetchedRate]:
    """Return the rates of a file of the ECB.

    Raises: InputError for what is no such file, such as a page that says that there is none.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise InputError(f"The file of rates is no XML: {error}.") from None
    return reader.found


class _Reader:
    """Reads one file; a declaration of a document type is refused, for it may hold anything."""

    def __init__(self) -> None:
        self.found: list[FetchedRate] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = self._refuse
        self._day: date | None = None
        self._begun = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._begun and name != ENVELOPE:
            raise InputError("That is no file of the ECB's rates.", where=self._where())
        self._begun = True
        if name != CUBE:
            return
        if (text := attributes.get("time")) is not None:
            self._day = self._read_day(text)
        elif (currency := attributes.get("currency")) is not None:
            if self._day is None:
                raise InputError("A rate stands outside of any day.", where=self._where())
            if (rate := attributes.get("rate", "")) not in NO_RATE:
                self.found.append(FetchedRate(currency, self._day, rate))

    def _read_day(self, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise InputError(f"{text!r:.20} is not a day.", where=self._where()) from None

    def _refuse(self, *_declaration: object) -> None:
        raise InputError("The file of rates declares a document type.", where=self._where())

    def _where(self) -> str:
        return f"line {self.parser.CurrentLineNumber}"
