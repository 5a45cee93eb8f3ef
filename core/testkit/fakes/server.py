"""A threaded web server on the loopback for one simulated marketplace."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from werkzeug.serving import WSGIRequestHandler
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """Where a marketplace answers."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://{self.host}:{self.port}"

    @property
    def opened(self) -> str:
        """Return what ENTREPOT_HTTP_ALLOW must hold to reach it."""
        return f"{self.host}:{self.port}"


@contextmanager
def serving(app: WSGIApplication, port: int = 0) -> Iterator[Served]:
    """Serve an application on a port of the loopback (0: any free one) until the block ends."""
    server = make_server(HOST, port, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Served(HOST, server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hang_up(environ: dict[str, Any]) -> None:
    """End the connection of a request at once: its caller gets no answer, or half of one."""
    wire: socket.socket = environ["werkzeug.socket"]
    wire.shutdown(socket.SHUT_RDWR)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: a test asks the marketplace itself what it was asked."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Say nothing of it: the marketplace hung up by schedule."""
        self.close_connection = True
