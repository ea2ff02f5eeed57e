"""The channel to chats and text-message gateways, through the services that Apprise knows by URL."""

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from engine.ground.errors import DeliveryError
from engine.ground.language import say
from engine.usecases.outgoing import Receipt, Sending
from notifications.channel import Keys

PLACE = "{address}"
_PLAIN = re.compile(r"(?!\.*$)[\w.@+() -]+")
_STAMP = re.compile(r"^\S+ \S+ - \w+ - ")


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """A service by URL; `{address}` in it stands for the recipient. Without a URL the recipient's own chat address is one."""

    name: str
    url: str

    def send(self, sending: Sending, now: datetime) -> Receipt:
        """Hand the message to the service: its subject as title, its text as body. Apprise does not say why a service refused,
        so every refusal counts as passing, but an address that no service understands is permanent."""
        import apprise  # 110 ms, only paid where something is sent this way

        service = apprise.Apprise()
        if not service.add(self._url_for(sending)):
            raise DeliveryError(say("no service understands the address for channel {channel}", channel=self.name), permanent=True)
        with apprise.LogCapture(level=logging.WARNING) as log:  # type: ignore[no-untyped-call]  # apprise has no types here
            accepted = service.notify(title=sending.notice.subject, body=sending.notice.text, body_format=apprise.NotifyFormat.TEXT)
            said = _STAMP.sub("", log.getvalue().strip().splitlines()[-1]) if not accepted and log.getvalue().strip() else ""
        if not accepted:
            raise DeliveryError(say("the service did not accept it: {reason}", reason=said or "?"), permanent=False)
        return Receipt.ACCEPTED

    def close(self) -> None:
        """Nothing is kept open."""

    def _url_for(self, sending: Sending) -> str:
        if self.url:
            if not _PLAIN.fullmatch(sending.address):
                # Apprise undoes the quoting, so that a customer's "address" could otherwise name another place of the service.
                raise DeliveryError(
                    say("'{text}' is not an address that channel {channel} can use", text=sending.address, channel=self.name),
                    permanent=True,
                    hint=say("Mend the address, then `makegood notice retry`."),
                )
            return self.url.replace(PLACE, quote(sending.address, safe=""))
        if sending.internal:
            return sending.address
        # A customer's address used as a URL would let customers make this machine call whatever they like.
        raise DeliveryError(
            say("channel {channel} has no `url`, so it only reaches people of the organisation", channel=self.name), permanent=True,
            hint=say("Set `url` with {place} in makegood.toml.", place=PLACE),
        )


def open_channel(keys: Keys, folder: Path) -> AppriseChannel:
    """Settings: `url`, an Apprise URL with `{address}`; left out, people's own chat URLs of the organisation file are used."""
    url = keys.text("url", "")
    if url and "://" not in url:
        raise keys.wrong("url", say("an Apprise URL such as {example}", example="json://gateway.example/{address}"))
    return AppriseChannel(keys.channel, url)
