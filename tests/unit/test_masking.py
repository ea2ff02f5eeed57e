"""What is masked still tells people apart for those who know them, and says nothing to those who do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ground.masking import HIDDEN, masked_email, masked_name, masked_party, masked_phone, masked_text
from engine.ground.terms import asked, terms_of


@pytest.mark.parametrize(("name", "shown"), [("李娜", "李*"), ("王", "王*"), ("Rose Tyler", "R* T*"), ("", "")])
def test_of_a_name_the_first_letters_are_shown(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(("address", "shown"), [("li.na@acme.example", "l***@acme.example"), ("nonsense", HIDDEN), ("@x", "***@x")])
def test_of_an_address_the_first_letter_and_the_server_are_shown(address: str, shown: str) -> None:
    assert masked_email(address) == shown


@pytest.mark.parametrize(("number", "shown"), [
    ("+86-13900000004", "+86-139****0004"), ("13900000004", "139****0004"), ("+86 139 0000 0004", "+86 139 **** 0004"),
    ("12345", "***45"), ("", ""),
])
def test_of_a_number_four_digits_are_hidden(number: str, shown: str) -> None:
    assert masked_phone(number) == shown


def test_details_are_masked_each_in_its_way() -> None:
    details = {
        "id": "7", "name": "李娜", "email": "li@x.example", "phone": "13900000004", "address": "Road 1", "chat": "c", "language": "zh",
    }
    assert masked_party(details) == {
        "id": "7", "name": "李*", "email": "l***@x.example", "phone": "139****0004", "address": HIDDEN, "chat": HIDDEN, "language": "zh",
    }


def test_a_technical_message_keeps_its_sense_without_addresses_and_numbers() -> None:
    said = "550 <rose@customer.example> unknown at 127.0.0.1 (451 4.7.1), call +86 139 0000 0004"
    assert masked_text(said) == "550 <r***@customer.example> unknown at 127.0.0.1 (451 4.7.1), call +86 139 **** 0004"


@given(st.text(max_size=12), st.text(max_size=12), st.text("0123456789+- ", max_size=14))
def test_whoever_is_looked_for_by_a_whole_detail_is_found(name: str, email: str, phone: str) -> None:
    known = terms_of({"name": name, "email": f"{email}@x.example", "phone": phone})
    if name.strip():
        assert any(way <= known for way in asked(name))
    assert any(way <= known for way in asked(f"{email}@x.example"))
    if sum(one.isdigit() for one in phone) >= 4:
        assert any(way <= known for way in asked(phone))


def test_case_and_width_of_letters_do_not_matter() -> None:
    known = terms_of({"name": "Ｒｏｓｅ Tyler", "email": "Rose@X.example", "phone": "１３９００００"})
    for text in ("rose", "TYLER rose", "rose  tyler", "ROSE@x.EXAMPLE", "1390000", "0000"):
        assert any(way <= known for way in asked(text)), text
    for text in ("ros", "tyle", "x.example", "390", "", "  "):
        assert not any(way <= known for way in asked(text)), text
