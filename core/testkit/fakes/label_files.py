"""Files of labels that simulated carriers print: small, and whole for who reads their kind."""

from __future__ import annotations

import struct
import zlib


def label_file(kind: str, text: str) -> bytes:
    """Return a label that says a text, as `pdf`, `png` or `zpl`."""
    return {"pdf": _pdf, "png": _png, "zpl": _zpl}[kind](text)


def _zpl(text: str) -> bytes:
    return f"^XA^FO50,50^A0N,40,40^FD{text}^FS^XZ\n".encode()


def _png(_text: str) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def _pdf(text: str) -> bytes:
    """Return a page of four by six inches."""
    said = text.replace("(", "").replace(")", "")
    page = f"BT /F1 18 Tf 30 380 Td ({said}) Tj ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 288 432] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, len(out))
    )
