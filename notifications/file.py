"""The channel that writes each message as a file: for demonstrations, tests, and gateways that pick files up."""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.ground.language import say
from engine.usecases.outgoing import Receipt, Sending
from notifications.channel import Keys, OutOfReach
from notifications.mime import compose, mailbox

_UNSAFE = re.compile(r"[^\w.@+-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class FileChannel:
    """Writes `.eml` files into a folder."""

    folder: Path
    sender: str

    def send(self, sending: Sending, now: datetime) -> Receipt:
        """Write the message whole or not at all; one that is repeated overwrites itself, since its name comes from its Message-ID."""
        notice = sending.notice
        message = compose(
            message_id=notice.message_id, sender=self.sender, to=sending.address, subject=notice.subject, text=notice.text,
            html=notice.html, date=now, language=notice.language, attached=notice.attached,
        )
        readable = f"{notice.case_number or 'house'}-{notice.name}-{notice.message_id.partition('@')[0]}"
        path = self.folder / f"{_UNSAFE.sub('_', readable)[-200:]}.eml"
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(message.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            _sync_folder(self.folder)
        except OSError as error:
            unfinished.unlink(missing_ok=True) if unfinished.parent.is_dir() else None
            raise OutOfReach(
                say("{path} cannot be written: {reason}", path=str(path), reason=error.strerror or str(error)),
                hint=say("Make the folder writable, or name another one in makegood.toml."),
            ) from error
        return Receipt.ACCEPTED

    def close(self) -> None:
        """Nothing is kept open."""


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut, where the system can (Windows cannot open a folder)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def open_channel(keys: Keys, folder: Path) -> FileChannel:
    """Settings: `folder` (default `outbox/<channel>`), `from`."""
    sender = keys.text("from", "makegood@localhost")
    mailbox("From", sender)
    return FileChannel(folder / keys.text("folder", f"outbox/{keys.channel}"), sender)
