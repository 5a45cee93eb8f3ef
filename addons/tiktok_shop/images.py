"""Pictures: files of this machine are handed up, and are then known by TikTok's name for them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.operations import UPLOAD_IMAGE
from core.api import Http
from core.api import MappingError

KINDS = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
}
LARGEST = 10_000_000
OF_VARIANT = "ATTRIBUTE_IMAGE"
"""What TikTok calls a picture of what a variant differs in."""
HANDED_UP = "tos-"
"""So TikTok's own names of pictures begin."""


def fault_of(image: object) -> str:
    """Return why a picture cannot be taken, nothing if it can."""
    if not isinstance(image, str) or not image:
        return "Give the name of a file"
    if image.startswith(HANDED_UP):
        return ""
    path = Path(image)
    if path.suffix.lower() not in KINDS:
        return f"Give a file that ends with {', '.join(KINDS)}, on this machine"
    if not path.is_file():
        return f"There is no file {image}"
    return "" if 0 < path.stat().st_size <= LARGEST else "The file is empty, or above 10 MB"


def uri_of(http: Http, image: str, use: str = "") -> str:
    """Return TikTok's name of a picture, handed up if it is a file.

    Raises: ConnectorError, MappingError.
    """
    if image.startswith(HANDED_UP):
        return image
    path = Path(image)
    content, kind = _form(path.read_bytes(), path.suffix.lower(), use)
    data = ask(http, UPLOAD_IMAGE, content=content, headers={"Content-Type": kind})
    uri = data.get("uri")
    if not isinstance(uri, str) or not uri:
        raise MappingError("uri", type(uri).__name__)
    return uri


def _form(image: bytes, suffix: str, use: str) -> tuple[bytes, str]:
    """Return a form with a picture, and what kind of content that is."""
    # What separates the parts must not stand within one of them.
    mark = f"entrepot-{sha256(image).hexdigest()[:32]}"
    said = f'--{mark}\r\nContent-Disposition: form-data; name="use_case"\r\n\r\n{use}\r\n'
    head = (said if use else "") + (
        f'--{mark}\r\nContent-Disposition: form-data; name="data"; filename="picture{suffix}"\r\n'
        f"Content-Type: {KINDS[suffix]}\r\n\r\n"
    )
    content = head.encode() + image + f"\r\n--{mark}--\r\n".encode()
    return content, f"multipart/form-data; boundary={mark}"
