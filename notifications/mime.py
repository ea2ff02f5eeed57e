"""A message as mail: text with an HTML alternative, in UTF-8, with header fields that nobody can break out of."""

import re
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address, Group
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from engine.ground.errors import DeliveryError
from engine.ground.language import say

POLICY = SMTP.clone(cte_type="7bit")      # passes through every mail server, whatever it knows of 8BITMIME
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def compose(
    *, message_id: str, sender: str, to: str, subject: str, text: str, html: str | None = None, date: datetime, language: str = "",
    reply_to: str | None = None, attached: tuple[str, str] | None = None,
) -> EmailMessage:
    """The mail with these parts; `date` is when it is sent, `message_id` comes without its angle brackets, `attached` is an
    HTML page with its name.

    `to` may be something that is no mail address (a telephone number, a postal address): then it stands as a name, for
    channels that only write files. Raises DeliveryError (permanent) when a header field holds a line break or another
    control character, or when an address cannot be one.
    """
    message = EmailMessage(policy=POLICY)
    message["Message-ID"] = f"<{_one_line('Message-ID', message_id)}>"
    message["Date"] = format_datetime(date)
    message["From"] = mailbox("From", sender)
    message["To"] = mailbox("To", to) if "@" in to else Group(_one_line("To", ", ".join(filter(None, map(str.strip, to.splitlines())))))
    if reply_to:
        message["Reply-To"] = mailbox("Reply-To", reply_to)
    message["Subject"] = _one_line("Subject", subject)
    message["Auto-Submitted"] = "auto-generated"      # RFC 3834: no answering machine replies to this
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    if attached:
        name, page = attached
        message.add_attachment(page, subtype="html", filename=_one_line("filename", name))
    if language:                                      # last: setting the content clears every Content-… field
        message["Content-Language"] = _one_line("Content-Language", language)
    return message


def mailbox(field: str, written: str) -> Address:
    """A mail address as somebody writes it, `Acme <service@acme.example>` or bare; raises DeliveryError when it is none."""
    name, address = parseaddr(_one_line(field, written))
    try:
        local, _, domain = address.rpartition("@")
        if local and domain and " " not in address and address in written:
            return Address(display_name=name, addr_spec=address) if address.isascii() else Address(name, local, domain)
    except (ValueError, IndexError, MessageError):
        pass
    raise DeliveryError(
        say("'{text}' is not a mail address", text=written), permanent=True,
        hint=say("Mend the address, then `makegood notice retry`."),
    )


def _one_line(field: str, value: str) -> str:
    if _CONTROL.search(value):
        raise DeliveryError(
            say("{field} holds a line break or another control character: {value}", field=field, value=repr(value)), permanent=True,
            hint=say("Header fields have one line; look at what the text of the notice puts there."),
        )
    return value
