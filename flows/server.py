"""The Prefect server that schedules need: the one the settings name, one that already runs on this machine, or one of our own."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prefect.settings import PREFECT_API_URL, temporary_settings

from engine.ground.errors import Unavailable
from engine.ground.language import say

HOST = "127.0.0.1"
PORT = 4200                          # where `prefect server start` listens when nobody says otherwise
PATIENCE = 90                        # seconds that a fresh server may take: it makes its database first


@dataclass(frozen=True, slots=True)
class Server:
    """A Prefect server to work with."""

    url: str                         # of its API
    process: subprocess.Popen[bytes] | None      # when it is our own

    @property
    def pages(self) -> str:
        """Where people look at runs in a browser."""
        return self.url.removesuffix("/api")

    def gone(self) -> bool:
        """Whether our own server has ended although nobody stopped it."""
        return self.process is not None and self.process.poll() is not None


@contextmanager
def prefect_server(log: Path, port: int | None = None) -> Iterator[Server]:
    """A server inside the block; one that we start writes to `log` and is stopped at the end. Raises Unavailable.

    Which: that of PREFECT_API_URL (or the active Prefect profile); else one that answers on `port` of this machine; else our own
    on that port. Schedules need a real server: the temporary one that Prefect starts for a single run never fires them.
    """
    with _there(port) as found:
        if found is not None:
            yield found
            return
        url = _url(port)
        process = _started(log, port or PORT)
        try:
            _await(url, process, log)
            yield Server(url, process)
        finally:
            _stop(process)


@contextmanager
def running_server() -> Iterator[Server]:
    """The server that runs already, found likewise, inside the block. Raises Unavailable when there is none."""
    with _there(None) as found:
        if found is None:
            raise Unavailable(
                say("There is no Prefect server at {url}", url=_url(None)),
                hint=say("Start one with `prefect server start`, or name one with PREFECT_API_URL."), url=_url(None),
            )
        yield found


@contextmanager
def _there(port: int | None) -> Iterator[Server | None]:
    """The configured server, which must answer, or one on this machine if it does; Prefect speaks to it inside the block."""
    configured = PREFECT_API_URL.value()
    if configured:
        if not _answers(configured):
            raise Unavailable(
                say("The Prefect server at {url} does not answer", url=configured),
                hint=say("Start it, or unset PREFECT_API_URL to have one started here."), url=configured,
            )
        yield Server(configured, None)
        return
    with temporary_settings({PREFECT_API_URL: _url(port)}):
        yield Server(_url(port), None) if _answers(_url(port)) else None


def _url(port: int | None) -> str:
    return f"http://{HOST}:{port or PORT}/api"


def _started(log: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    try:
        with log.open("ab") as out:
            # A session of its own: Ctrl-C in the terminal must reach us first, so that schedules are paused before the server goes.
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, preexec_fn=_default_signals,
                env={**os.environ, "PREFECT_API_URL": f"http://{HOST}:{port}/api"},
            )
    except OSError as error:
        raise Unavailable(
            say("{path} cannot be written: {reason}", path=str(log), reason=error.strerror or str(error)),
            hint=say("Make the folder writable."), path=str(log),
        ) from error


def _default_signals() -> None:
    """What a shell gives a command in the background (signals ignored) would make the server unstoppable."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_DFL)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(PATIENCE * 4):
        if _answers(url):
            return
        if process.poll() is not None:
            break
        time.sleep(0.25)
    raise Unavailable(
        say("The Prefect server did not start; its last words are in {path}", path=str(log)),
        hint=say("Is its port free? Name another with --port, or a running server with PREFECT_API_URL."), path=str(log),
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return bool(answer.read().strip() == b"true")
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
