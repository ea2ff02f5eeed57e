"""A notice as mail arrives as it was written, and nothing in it can add a header field."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ground.errors import DeliveryError
from notifications.mime import compose

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def mail(**parts: Any) -> EmailMessage:
    """What arrives at the other end."""
    written: dict[str, Any] = {
        "message_id": "abc@makegood", "sender": "客户服务 <service@acme.example>", "to": "wang@example.com", "subject": "Your complaint",
        "text": "Dear customer,\n", "date": NOW, "language": "en",
    }
    message = message_from_bytes(compose(**written | parts).as_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_says_from_whom_to_whom_when_and_that_no_machine_should_answer() -> None:
    message = mail(reply_to="help@acme.example")
    assert message["Message-ID"] == "<abc@makegood>"
    assert message["From"] == "客户服务 <service@acme.example>"
    assert message["To"].addresses[0].addr_spec == "wang@example.com"
    assert message["Reply-To"] == "help@acme.example"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"


def test_html_is_an_alternative_to_the_text() -> None:
    message = mail(text="纯文本\n", html="<p>网页</p>\n")
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content().replace("\r\n", "\n") for part in message.iter_parts()] == ["纯文本\n", "<p>网页</p>\n"]


def test_the_mail_has_only_bytes_that_every_server_passes_on() -> None:
    raw = compose(
        message_id="a@makegood",
        sender="客 <a@b.example>",
        to="c@d.example",
        subject="关于您的投诉" * 30,
        text="您好\n" * 500 + "x" * 3000,
        date=NOW,
    ).as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=300))
def test_any_subject_of_one_line_arrives_as_written(subject: str) -> None:
    assert " ".join(str(mail(subject=subject)["Subject"]).split()) == " ".join(subject.split())


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\x85\x1c\x1d\x1e\x0b\x0c\u2028\u2029"), max_size=400))
def test_any_text_arrives_as_written(text: str) -> None:
    assert mail(text=text).get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize("evil", ["\r\nBcc: all@example.com", "\nX: y", "\rX: y", "\x00", "\x85X", "\u2028X", "\x0bX"])
@pytest.mark.parametrize("field", ["subject", "message_id", "sender", "to", "reply_to", "language"])
def test_a_control_character_in_a_header_field_is_refused_for_good(field: str, evil: str) -> None:
    good = {"sender": "a@b.example", "to": "wang@example.com", "reply_to": "a@b.example"}.get(field, "word")
    with pytest.raises(DeliveryError) as refused:
        compose(
            **{
                "message_id": "a@makegood",
                "sender": "a@b.example",
                "to": "c@d.example",
                "subject": "s",
                "text": "t",
                "date": NOW,
                field: good + evil,
            }
        )
    assert refused.value.permanent


@pytest.mark.parametrize("address", ["@", "wang@", "@example.com", "a b@example.com", "wang@exa mple.com", "x@y@z w"])
def test_what_cannot_be_a_mail_address_is_refused_for_good(address: str) -> None:
    with pytest.raises(DeliveryError, match="not a mail address") as refused:
        mail(to=address)
    assert refused.value.permanent


def test_an_address_beyond_ascii_is_kept() -> None:
    message = compose(message_id="a@makegood", sender="a@b.example", to="用户@例子.测试", subject="s", text="t", date=NOW)
    assert message["To"].addresses[0].addr_spec == "用户@例子.测试"


def test_a_telephone_number_or_postal_address_stands_as_a_name() -> None:
    assert mail(to="+86 139 0000 0000")["To"].groups[0].display_name == "+86 139 0000 0000"
    assert mail(to="上海市中山路 1 号\n王先生 收")["To"].groups[0].display_name == "上海市中山路 1 号, 王先生 收"
