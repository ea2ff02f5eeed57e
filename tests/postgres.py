"""A PostgreSQL server of our own, for as long as some tests last."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

MISSING = "there is no PostgreSQL server on this machine"


def binaries() -> Path | None:
    """Where the server's programs are: on PATH, or where distributions put them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def _account() -> str | None:
    """The account to run it under: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """The address of a server for its superuser "owner", with room for the name of a database: reached by a socket only.

    Unless it is to be durable, it does not wait for the disk.
    """
    programs, account = binaries(), _account()
    assert programs is not None
    folder = Path(mkdtemp(prefix="mg-pg-"))      # short: the path of a socket is
    if account:
        shutil.chown(folder, account)
    data = folder / "data"

    def run(*words: str) -> None:
        subprocess.run(words, user=account, check=True, capture_output=True, cwd=folder, env={"PATH": str(programs), "LC_ALL": "C"})

    run(str(programs / "initdb"), "-D", str(data), "-U", "owner", "-A", "trust", "-E", "UTF8", "-N")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=300"
    if not durable:
        options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    try:
        run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield f"postgresql://{{role}}@/{{name}}?host={folder}"
    finally:
        run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
