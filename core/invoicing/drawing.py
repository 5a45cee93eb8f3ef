"""An invoice as PDF: one column of text and tables, with fonts embedded and a page count."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from core.invoicing import fonts
from core.invoicing.buyers import InvoiceTo
from core.invoicing.models import Invoice
from core.invoicing.wording import words
from core.money import to_text
from core.tax.rates import percent_of

LEFT, RIGHT, TOP, BOTTOM = 50, 545, 790, 60
"""The margins of an A4 page in points."""

COLUMNS = ((50, "left"), (330, "right"), (410, "right"), (470, "right"), (545, "right"))
WIDE = 245
"""How wide a description may be before it is broken."""


def draw(invoice: Invoice, buyer: InvoiceTo) -> bytes:
    """Return an invoice as PDF."""
    return _Sheet(invoice, buyer).drawn()


class _Sheet:
    """The pages of one invoice, drawn from top to bottom."""

    def __init__(self, invoice: Invoice, buyer: InvoiceTo) -> None:
        from reportlab.lib.pagesizes import A4
        from reportlab.pdfgen.canvas import Canvas

        self.invoice, self.buyer = invoice, buyer
        self.document: dict[str, Any] = dict(invoice.document)
        self.words = words(invoice.language)
        self.out = io.BytesIO()
        self.latin = fonts.register_latin()
        self.chinese = fonts.chinese_for(self._texts())
        if self.chinese is not None:
            from reportlab.pdfbase import pdfmetrics

            pdfmetrics.registerFont(self.chinese)
        # The same invoice is the same file, whenever it is drawn.
        self.canvas = Canvas(self.out, pagesize=A4, invariant=1, lang=invoice.language)
        self.y, self.page = float(TOP), 1

    def drawn(self) -> bytes:
        self.canvas.setTitle(f"{self._title()} {self.invoice.code}")
        self.canvas.setAuthor(str(self.document["seller"]))
        self._head()
        self._parties()
        self._lines()
        self._totals()
        for note in self.document["notes"]:
            self._text(note, size=9, gap=14)
        self._foot()
        self.canvas.save()
        return self.out.getvalue()

    def _title(self) -> str:
        return str(self.document["title"] or self.words[self.invoice.kind])

    def _head(self) -> None:
        self._text(self._title(), size=18, gap=28)
        word, one = self.words, self.invoice
        facts = [
            (word["number"], one.code),
            (word["issued_on"], _day(one.issued_on)),
            (word["supplied_on"], _day(one.supplied_on)),
            (word["order"], self.document["order"]),
        ]
        if self.document.get("credits"):
            day = date.fromisoformat(self.document["credits_on"])
            facts.append((word["corrects"], f"{self.document['credits']} ({_day(day)})"))
        for name, value in facts:
            self._cell(LEFT, name, size=9)
            self._cell(190, str(value), size=9)
            self._down(13)
        self._down(10)

    def _parties(self) -> None:
        document, word = self.document, self.words
        number = document["seller_number"]
        seller = [document["seller"], *document["seller_address"].splitlines()]
        seller += [f"{document['number_label']} {number}"] if number else []
        buyer = self.buyer.lines()
        buyer += [f"{word['buyer_number']}: {self.buyer.number}"] if self.buyer.number else []
        top = self.y
        for x, name, lines in ((LEFT, "seller", seller), (310, "buyer", buyer)):
            self.y = top
            self._cell(x, word[name], size=8, grey=True)
            self._down(13)
            for line in lines:
                for part in self._broken(line, 10, 230):
                    self._cell(x, part, size=10)
                    self._down(13)
        self.y = top - 13 * (2 + max(len(seller), len(buyer)))

    def _lines(self) -> None:
        word = self.words
        heads = (word["description"], word["quantity"], word["net"], word["rate"], word["tax"])
        self._row(heads, grey=True)
        for line in self.document["lines"]:
            first, *others = self._broken(str(line["title"]), 9, WIDE)
            cells = (
                first,
                str(line["quantity"]),
                self._money(line["net"]),
                percent_of(line["rate"]),
                self._money(line["tax"]),
            )
            self._row(cells)
            for other in others:
                self._row((other, "", "", "", ""))
        self.canvas.line(LEFT, self.y + 8, RIGHT, self.y + 8)
        self._down(6)

    def _totals(self) -> None:
        word, one = self.words, self.invoice
        self._sum(word["total_net"], one.net_amount)
        for tax in self.document["taxes"]:
            base = f"{tax['tax']} {tax['jurisdiction']} {percent_of(tax['rate'])}"
            self._sum(f"{base} ({self._money(tax['base'])})", tax["amount"])
        self._sum(word["total"], one.net_amount + one.tax_amount, size=12)
        self._down(12)

    def _sum(self, name: str, amount: int, size: int = 10) -> None:
        self._room(18)
        self._cell(310, name, size=size)
        self._cell(RIGHT, f"{self._money(amount)} {self.invoice.currency}", size=size, right=True)
        self._down(size + 6)

    def _row(self, cells: Sequence[str], *, grey: bool = False) -> None:
        self._room(14)
        for (x, side), text in zip(COLUMNS, cells, strict=True):
            self._cell(x, text, size=9, right=side == "right", grey=grey)
        self._down(14)

    def _text(self, text: str, *, size: int, gap: int) -> None:
        for part in self._broken(text, size, RIGHT - LEFT):
            self._room(gap)
            self._cell(LEFT, part, size=size)
            self._down(gap)

    def _cell(
        self, x: float, text: str, *, size: int, right: bool = False, grey: bool = False
    ) -> None:
        if right:
            x -= self._width(text, size)
        self.canvas.setFillGray(0.4 if grey else 0)
        for font, part in self._runs(text):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, self.y, part)
            x += self.canvas.stringWidth(part, font, size)

    def _runs(self, text: str) -> list[tuple[str, str]]:
        """Return a text in parts that one font has all characters of."""
        runs: list[tuple[str, str]] = []
        for sign in text:
            known = ord(sign) in self.latin.face.charToGlyph or self.chinese is None
            font = fonts.LATIN if known else fonts.CHINESE
            if runs and runs[-1][0] == font:
                runs[-1] = (font, runs[-1][1] + sign)
            else:
                runs.append((font, sign))
        return runs

    def _width(self, text: str, size: int) -> float:
        return float(
            sum(self.canvas.stringWidth(part, font, size) for font, part in self._runs(text))
        )

    def _broken(self, text: str, size: int, width: float) -> list[str]:
        """Return a text in lines that are no wider than they may; Chinese breaks anywhere."""
        lines, line = [], ""
        for word in _pieces(text):
            if line and self._width(line + word, size) > width:
                lines.append(line.rstrip())
                line = word.lstrip()
            else:
                line += word
        return [*lines, line.rstrip()]

    def _money(self, amount: int) -> str:
        return to_text(amount, self.invoice.currency)

    def _down(self, points: float) -> None:
        self.y -= points

    def _room(self, points: float) -> None:
        if self.y - points < BOTTOM:
            self._foot()
            self.canvas.showPage()
            self.page += 1
            self.y = float(TOP)

    def _foot(self) -> None:
        here, self.y = self.y, 30.0
        foot = f"{self.document['seller']} · {self.invoice.code} · {self.words['page']} {self.page}"
        self._cell(LEFT, foot, size=8, grey=True)
        self.y = here

    def _texts(self) -> list[str]:
        document = self.document
        return [
            *self.words.values(),
            *self.buyer.lines(),
            *(str(line["title"]) for line in document["lines"]),
            *document["notes"],
            str(document["title"]),
            str(document["seller"]),
            str(document["seller_address"]),
            str(document["order"]),
        ]


def _pieces(text: str) -> list[str]:
    pieces = [""]
    for sign in text.replace("\n", " "):
        # From here on scripts write without spaces.
        if ord(sign) >= 0x2E80:
            pieces += [sign, ""]
        else:
            pieces[-1] += sign
            if sign == " ":
                pieces.append("")
    return [piece for piece in pieces if piece]


def _day(day: date) -> str:
    return day.isoformat()
