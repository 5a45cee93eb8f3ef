"""Runs `entrepot`, `pytest` and blocks of Python for the pages, each in a process of its own.

Such a process is forked from one that has imported everything already, which is most of the time
that a command takes. `run-python` goes on in one process for each folder: a page has one namespace.

    python -m tests.docs.serving SOCKET
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import Any

import core.app
import core.cli
import core.kernel.kernel
import core.kernel.migrations


def entrepot() -> None:
    """Run the command line."""
    core.cli.main()


def run_pytest() -> int:
    """Run tests as `pytest` does."""
    import pytest

    # What was imported before cannot be rewritten; it holds no assertions of tests.
    return int(pytest.main(["-W", "ignore::pytest.PytestAssertRewriteWarning", *sys.argv[1:]]))


def run_python() -> None:
    """Run a block after those that stood before it on its page.

    They run anew each time, silently: they import and define, and that takes no time.
    """
    before = Path.cwd() / ".blocks-before.json"
    earlier = json.loads(before.read_text()) if before.exists() else []
    namespace: dict[str, Any] = {"__name__": "page"}
    for text in [*earlier, sys.argv[1]]:
        code = compile(text, "block", "exec")
        exec(code, namespace)
    missing = sorted(unknown(code, namespace))
    if missing:
        sys.exit(f"Nothing is called {', '.join(missing)}.")
    before.write_text(json.dumps([*earlier, sys.argv[1]]))


def unknown(code: CodeType, namespace: dict[str, Any]) -> set[str]:
    """Return the global names that functions in a block use and that nothing defines."""
    import builtins
    import dis

    found = {
        str(each.argval)
        for each in dis.get_instructions(code)
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    } - {"__module__", "__name__", "__qualname__"}
    if code.co_name != "<module>" and code.co_flags & 0x02 == 0:
        found -= set(code.co_names) - namespace.keys()  # the body of a class has names of its own
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    known = namespace.keys() | vars(builtins).keys()
    return {name for name in found if name not in known}.union(
        *(unknown(each, namespace) for each in inner)
    )


PROGRAMS: dict[str, Callable[[], Any]] = {
    "entrepot": entrepot,
    "pytest": run_pytest,
    "run-python": run_python,
}


def answer(caller: socket.socket) -> None:
    """Be the program that was asked for, from here to the end of this process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _, files, _, _ = socket.recv_fds(caller, 1, 3)
    text = b""
    while not text.endswith(b"\n"):
        text += caller.recv(1 << 16)
    wanted = json.loads(text)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv = wanted["words"]
    threading.Thread(target=end_with, args=(caller,), daemon=True).start()
    status = outcome(PROGRAMS[sys.argv[0]])
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with suppress(BrokenPipeError):  # who asked was killed
        caller.sendall(str(status).encode())
    os._exit(status)


def outcome(program: Callable[[], Any]) -> int:
    """Run a program and return what its process would end with."""
    try:
        result = program()
    except SystemExit as end:
        result = end.code
    except BaseException:
        traceback.print_exc()
        return 1
    if isinstance(result, str):
        print(result, file=sys.stderr)
        return 1
    return int(result or 0)


def end_with(caller: socket.socket) -> None:
    """End in order when whoever asked has ended: it was killed as one kills the program."""
    if caller.recv(1) == b"":
        os.kill(os.getpid(), signal.SIGTERM)


def serve(address: Path) -> None:
    """Answer until killed."""
    core.cli.build().load()
    # Nobody waits for those who were forked.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen(16)
        print("ready", flush=True)
        while True:
            caller, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                answer(caller)
            caller.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
