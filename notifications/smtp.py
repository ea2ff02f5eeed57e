"""The channel to a mail server. One connection serves a whole batch; who is to blame for a failure decides what happens next."""

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from engine.ground.errors import DeliveryError
from engine.ground.language import say
from engine.usecases.outgoing import Receipt, Sending
from notifications.channel import Keys, OutOfReach
from notifications.mime import POLICY, compose, mailbox

SECURITY = ("starttls", "tls", "none")
PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(slots=True)
class SmtpChannel:
    """A mail server and how to talk to it; `timeout` in seconds bounds each step of the conversation."""

    host: str
    port: int
    security: str
    sender: str
    reply_to: str | None
    username: str
    password: str
    timeout: int
    ca_file: str | None
    _server: smtplib.SMTP | None = field(default=None)

    def send(self, sending: Sending, now: datetime) -> Receipt:
        """Hand the message to the server. 5xx for this message is permanent; 4xx, time-outs and broken connections pass."""
        notice = sending.notice
        message = compose(
            message_id=notice.message_id, sender=self.sender, to=sending.address, subject=notice.subject, text=notice.text,
            html=notice.html, date=now, language=notice.language, reply_to=self.reply_to, attached=notice.attached,
        )
        server = self._ready()
        try:
            self._transmit(server, message, mailbox("To", sending.address).addr_spec)
        except smtplib.SMTPNotSupportedError as error:      # an address beyond ASCII, and a server that cannot
            raise DeliveryError(say("{host}: {reason}", host=self.host, reason=str(error)), permanent=True) from error
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise self._refused(code, words) from error
        except smtplib.SMTPSenderRefused as error:          # our own address: the recipient has nothing to do with it
            if error.smtp_code == 552:                      # … unless this message is too large for the server
                raise self._refused(error.smtp_code, error.smtp_error) from error
            self.close()
            raise OutOfReach(self._refused(error.smtp_code, error.smtp_error).message, hint=say("Mend `from` in makegood.toml.")) from error
        except smtplib.SMTPResponseException as error:
            raise self._refused(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:   # it may or may not have taken the message: the repeat has the same Message-ID
            self.close()
            raise DeliveryError(
                say("{host} broke off: {reason}", host=self.host, reason=str(error) or type(error).__name__), permanent=False,
            ) from error
        return Receipt.ACCEPTED

    def close(self) -> None:
        """End the connection, politely if that is still possible."""
        server, self._server = self._server, None
        if server is not None:
            try:
                if server.sock is not None:
                    server.sock.settimeout(min(self.timeout, 5))
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()

    def _transmit(self, server: smtplib.SMTP, message: EmailMessage, address: str) -> None:
        sender = mailbox("From", self.sender).addr_spec
        options = [] if address.isascii() and sender.isascii() else ["SMTPUTF8"]
        payload = message.as_bytes() if not options else message.as_bytes(policy=POLICY.clone(utf8=True))
        server.sendmail(sender, [address], payload, mail_options=options)

    def _ready(self) -> smtplib.SMTP:
        """The connection, new if there is none or the server has closed it meanwhile; raises OutOfReach."""
        if self._server is not None:
            try:
                if self._server.rset()[0] == 250:
                    return self._server
            except (smtplib.SMTPException, OSError):
                pass
            self.close()
        try:
            self._server = self._connected()
        except smtplib.SMTPAuthenticationError as error:
            raise OutOfReach(
                say("{host} refuses to log {user} in", host=self.host, user=self.username),
                hint=say("Look at username and password in makegood.toml."),
            ) from error
        except (smtplib.SMTPException, OSError) as error:   # ssl errors are OSErrors
            raise OutOfReach(
                say("{host}:{port} cannot be reached: {reason}", host=self.host, port=self.port, reason=str(error) or type(error).__name__),
                hint=say("Look at host, port and security in makegood.toml, and at the network."),
            ) from error
        return self._server

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context(cafile=self.ca_file)
        server: smtplib.SMTP
        if self.security == "tls":
            server = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.username:
                server.login(self.username, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _refused(self, code: int, words: bytes | str) -> DeliveryError:
        said = words.decode(errors="replace") if isinstance(words, bytes) else words
        return DeliveryError(
            say("{host} answered {code} {words}", host=self.host, code=code, words=" ".join(said.split())), permanent=code >= 500,
        )


def open_channel(keys: Keys, folder: Path) -> SmtpChannel:
    """Settings: `host`, `port`, `security`, `from`, `reply_to`, `username`, `password_env` or `password_file`, `timeout`, `ca_file`."""
    security = keys.one_of("security", SECURITY, "starttls")
    sender, reply_to = keys.text("from"), keys.text("reply_to", "")
    for key, written in (("from", sender), ("reply_to", reply_to)):
        try:
            mailbox(key, written or sender)
        except DeliveryError as error:
            raise keys.wrong(key, say("a mail address such as {example}", example="Acme <service@acme.example>")) from error
    ca_file = keys.text("ca_file", "")
    if ca_file and not (folder / ca_file).is_file():
        raise keys.wrong("ca_file", say("a file with certificates"))
    return SmtpChannel(
        host=keys.text("host"),
        port=keys.number("port", PORTS[security], 1, 65535),
        security=security,
        sender=sender,
        reply_to=reply_to or None,
        username=keys.text("username", ""),
        password=keys.secret("password"),
        timeout=keys.number("timeout", 30, 1, 60),
        ca_file=str(folder / ca_file) if ca_file else None,
    )
