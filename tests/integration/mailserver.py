"""A real mail server in a process of its own, whose answer depends on the recipient.

    python mailserver.py FOLDER [--port N] [--tls none|starttls|tls] [--login USER:PASSWORD]

Writes each message it took as FOLDER/<n>.eml and its port to FOLDER/port. Recipients: `unknown@` 550, `busy@` 451,
`filtered@` 554 after the text, `cut@` takes the message and drops the connection without a word, the first time; `slow@`
takes ten seconds; everybody else is taken.
"""

import argparse
import asyncio
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Rules:
    """Who is taken, and how."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken = 0
        self.cut = False
        self.connections = 0

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        match address.partition("@")[0]:
            case "unknown":
                return "550 5.1.1 no such mailbox"
            case "busy":
                return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        who = envelope.rcpt_tos[0].partition("@")[0]
        if who == "filtered":
            return "554 5.7.1 we do not want this"
        if who == "slow":
            await asyncio.sleep(10)
        self.taken += 1
        (self.folder / f"{self.taken}.eml").write_bytes(envelope.original_content or b"")
        if who == "cut" and not self.cut:
            self.cut = True
            server.transport.abort()
        return "250 taken"


async def serve(folder: Path, port: int, tls: str, login: str) -> None:
    rules = Rules(folder)
    context = None
    if tls != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    extra: dict[str, Any] = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {}
    if login:
        user, _, password = login.partition(":")

        def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
            good = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
            return AuthResult(success=good, handled=False)

        extra |= {"authenticator": check, "auth_required": True, "auth_require_tls": False}

    def session() -> SMTP:
        rules.connections += 1
        (folder / "connections").write_text(str(rules.connections))
        return SMTP(rules, hostname="mail.test", enable_SMTPUTF8=True, **extra)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", port, ssl=context if tls == "tls" else None)
    (folder / "port.tmp").write_text(str(server.sockets[0].getsockname()[1]))
    (folder / "port.tmp").rename(folder / "port")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


@contextmanager
def mail_server(folder: Path, port: int = 0, tls: str = "none", login: str = "") -> Iterator[int]:
    """The server running on loopback; its port."""
    folder.mkdir(exist_ok=True)
    (folder / "port").unlink(missing_ok=True)
    command = [sys.executable, __file__, str(folder), "--port", str(port), "--tls", tls, "--login", login]
    process = subprocess.Popen(command)
    try:
        for _ in range(200):
            if (folder / "port").exists():
                break
            assert process.poll() is None, "the mail server did not start"
            time.sleep(0.05)
        yield int((folder / "port").read_text())
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", default="none")
    parser.add_argument("--login", default="")
    asyncio.run(serve(**vars(parser.parse_args())))
