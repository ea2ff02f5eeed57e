"""Mail goes out over a real server in another process, and each kind of failure leads where it should."""

import subprocess
import sys
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from mailserver import mail_server
from posting import later, new_house, put, with_channels

from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import Invalid
from engine.usecases.house import House
from engine.usecases.notices import list_notices, show_notice
from notifications.channel import open_channel
from notifications.delivery import deliver

CERTIFICATE = """
import datetime, ipaddress, sys
from pathlib import Path
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
now = datetime.datetime.now(datetime.UTC)
made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1).not_valid_before(
    now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1)).add_extension(
    x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False).add_extension(
    x509.BasicConstraints(ca=True, path_length=0), True).sign(key, hashes.SHA256())
folder = Path(sys.argv[1])
(folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
(folder / "key.pem").write_bytes(key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
"""


def mailing(house: House, port: int, **more: object) -> House:
    smtp = {"kind": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "from": "Acme <service@acme.example>", "timeout": 2}
    return with_channels(house, email=smtp | more, sms={"kind": "file"})


def received(folder: Path) -> list[EmailMessage]:
    found = []
    for path in sorted(folder.glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def test_a_batch_of_notices_travels_over_one_connection(tmp_path: Path) -> None:
    house = new_house(tmp_path / "house")
    put(house, 20, subject="关于您的投诉", text="您好\n", html="<p>您好</p>\n", language="zh")
    with mail_server(tmp_path / "mail") as port:
        assert deliver(mailing(house, port)).sent == 20
    messages = received(tmp_path / "mail")
    assert (tmp_path / "mail" / "connections").read_text() == "1"
    assert len({message["Message-ID"] for message in messages}) == 20
    assert messages[0]["Subject"] == "关于您的投诉"
    assert messages[0]["To"] == "wang@example.com"
    assert messages[0].get_body(("plain",)).get_content().strip() == "您好"  # type: ignore[union-attr]


@pytest.mark.parametrize(("recipient", "code"), [("unknown@example.com", "550"), ("filtered@example.com", "554")])
def test_a_refused_recipient_or_text_is_permanent_and_the_next_channel_is_taken(tmp_path: Path, recipient: str, code: str) -> None:
    house = new_house(tmp_path / "house")
    [first] = put(house, email=recipient, via=("email", "sms"))
    [other] = put(house)
    with mail_server(tmp_path / "mail") as port:
        done = deliver(mailing(house, port))
    assert (done.sent, done.failed) == (2, 1)
    assert code in done.failures[0][2]
    assert show_notice(house, first, THE_SYSTEM).line.channel == "sms"
    assert show_notice(house, other, THE_SYSTEM).line.channel == "email"


def test_a_recipient_that_is_busy_is_tried_again_later(tmp_path: Path) -> None:
    house = new_house(tmp_path / "house")
    put(house, email="busy@example.com")
    put(house)
    with mail_server(tmp_path / "mail") as port:
        done = deliver(mailing(house, port))
    assert (done.sent, done.failed, done.remaining) == (1, 1, 0)
    [waiting] = list_notices(house, status="waiting", actor=THE_SYSTEM)
    assert waiting.via == ("email",)
    assert "451" in str(waiting.error)


def test_a_connection_dropped_after_the_text_leads_to_one_repeat_with_the_same_message_id(tmp_path: Path) -> None:
    house = new_house(tmp_path / "house")
    put(house, email="cut@example.com")
    with mail_server(tmp_path / "mail") as port:
        assert deliver(mailing(house, port)).failed == 1
        later(house, minutes=1)
        assert deliver(mailing(house, port)).sent == 1
    first, repeat = received(tmp_path / "mail")
    assert first["Message-ID"] == repeat["Message-ID"]
    assert list_notices(house, actor=THE_SYSTEM)[0].attempts == 2


def test_a_server_that_takes_too_long_counts_as_a_passing_failure(tmp_path: Path) -> None:
    house = new_house(tmp_path / "house")
    put(house, email="slow@example.com")
    with mail_server(tmp_path / "mail") as port:
        done = deliver(mailing(house, port, timeout=1))
    assert done.failed == 1
    assert "timed out" in done.failures[0][2]
    assert list_notices(house, actor=THE_SYSTEM)[0].status == "waiting"


def test_when_the_server_is_away_one_notice_is_tried_and_the_others_are_put_back_untried(tmp_path: Path) -> None:
    house = new_house(tmp_path / "house")
    put(house, 10)
    with mail_server(tmp_path / "mail") as port:
        pass
    done = deliver(mailing(house, port))
    assert (done.failed, done.put_back, done.remaining) == (1, 9, 0)
    assert sorted(line.attempts for line in list_notices(house, actor=THE_SYSTEM)) == [0] * 9 + [1]
    with mail_server(tmp_path / "mail", port=port):
        later(house, minutes=1)
        assert deliver(mailing(house, port)).sent == 10


def test_a_connection_that_the_server_closed_between_two_messages_is_opened_anew(tmp_path: Path) -> None:
    house = new_house(tmp_path / "house")
    put(house, email="cut@example.com")
    put(house, 3)
    with mail_server(tmp_path / "mail") as port:
        done = deliver(mailing(house, port))
    assert (done.sent, done.failed) == (3, 1)
    assert (tmp_path / "mail" / "connections").read_text() == "2"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_server_is_known_by_its_certificate_and_we_by_our_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    house = new_house(tmp_path / "house")
    (tmp_path / "mail").mkdir()
    subprocess.run([sys.executable, "-c", CERTIFICATE, str(tmp_path / "mail")], check=True)
    monkeypatch.setenv("MAIL_PASSWORD", "geheim")
    ours = {"security": security, "username": "acme", "password_env": "MAIL_PASSWORD", "ca_file": str(tmp_path / "mail" / "cert.pem")}
    put(house)
    with mail_server(tmp_path / "mail", tls=security, login="acme:geheim") as port:
        stranger = deliver(mailing(house, port, **ours | {"ca_file": ""}))
        assert "CERTIFICATE_VERIFY_FAILED" in stranger.failures[0][2]
        later(house, minutes=1)
        monkeypatch.setenv("MAIL_PASSWORD", "wrong")
        assert "refuses to log acme in" in deliver(mailing(house, port, **ours)).failures[0][2]
        later(house, minutes=5)
        monkeypatch.setenv("MAIL_PASSWORD", "geheim")
        assert deliver(mailing(house, port, **ours)).sent == 1
    assert "geheim" not in repr(list_notices(house, actor=THE_SYSTEM))


def test_an_address_beyond_ascii_reaches_a_server_that_knows_them(tmp_path: Path) -> None:
    house = new_house(tmp_path / "house")
    put(house, email="用户@example.com")
    with mail_server(tmp_path / "mail") as port:
        assert deliver(mailing(house, port)).sent == 1
    assert "用户@example.com".encode() in (tmp_path / "mail" / "1.eml").read_bytes()


@pytest.mark.parametrize(("settings", "said"), [
    ({"kind": "smtp", "from": "a@b.example"}, "host is missing"),
    ({"kind": "smtp", "host": "h", "from": "nobody"}, "from has the wrong value"),
    ({"kind": "smtp", "host": "h", "from": "a@b.example", "port": "25"}, "port has the wrong value"),
    ({"kind": "smtp", "host": "h", "from": "a@b.example", "security": "ssl"}, "security has the wrong value"),
    ({"kind": "smtp", "host": "h", "from": "a@b.example", "password": "x"}, "password is not a setting"),
    ({"kind": "smtp", "host": "h", "from": "a@b.example", "password_env": "NOT_SET"}, "password_env has the wrong value"),
    ({"kind": "smtp", "host": "h", "from": "a@b.example", "ca_file": "none.pem"}, "ca_file has the wrong value"),
    ({"kind": "fax"}, "kind has the wrong value"),
    ({}, "kind is missing"),
    ({"kind": "file", "address": "door"}, "address has the wrong value"),
    ({"kind": "apprise", "url": "gateway"}, "url has the wrong value"),
    ({"kind": "hand", "folder": "x"}, "folder is not a setting"),
])
def test_wrong_settings_of_a_channel_are_named(tmp_path: Path, settings: dict[str, object], said: str) -> None:
    with pytest.raises(Invalid) as refused:
        open_channel("email", settings, tmp_path)
    assert "[channels.email]" in refused.value.message
    assert said in refused.value.message


def test_with_wrong_settings_nothing_is_sent_at_all(tmp_path: Path) -> None:
    house = new_house(tmp_path / "house")
    put(house)
    with pytest.raises(Invalid):
        deliver(with_channels(house, email={"kind": "file"}, sms={"kind": "fax"}))
    assert list_notices(house, actor=THE_SYSTEM)[0].attempts == 0
