"""Personal values and parties lie apart from history, which only holds proofs of them."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording import NOW, new_store, opened
from sqlalchemy import text

from engine.ground.errors import NotFound
from engine.records import files, parties, personal, sealing
from engine.records.store import Store
from tests import databases


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_store(tmp_path)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_a_commitment_proves_its_value_and_no_other(value: object) -> None:
    one, other = personal.seal(1, "findings", value), personal.seal(1, "findings", value)
    assert personal.matches(one.value, one.salt, one.commitment)
    assert not personal.matches(one.value + " ", one.salt, one.commitment)
    assert not personal.matches(one.value, other.salt, one.commitment)
    assert one.commitment != other.commitment, "equal values must not show as equal"


def test_history_holds_no_personal_value(store: Store) -> None:
    with store.writing() as conn:
        opened(conn, "A-1", secret="the screen flickers")
    with store.reading() as conn:
        assert "flickers" not in "".join(conn.execute(text('SELECT body FROM event UNION ALL SELECT body FROM "case"')).scalars())


def test_values_are_opened_as_of_the_event_that_set_them(store: Store) -> None:
    with store.writing() as conn:
        case_id = opened(conn, "A-1").id
        rows = [personal.seal(2, "findings", "first"), personal.seal(2, "comment", "why"), personal.seal(3, "findings", ["last", 1])]
        personal.store(conn, case_id, sealing.key_of_case(conn, case_id, None), rows)
        assert personal.open_(conn, case_id, {"findings": 3}) == {"findings": ["last", 1]}
        assert personal.open_(conn, case_id, {"findings": 2, "gone": 3}) == {"findings": "first"}
        assert personal.open_(conn, case_id, {}) == {}
        assert personal.said(conn, case_id) == {(2, "findings"): "first", (2, "comment"): "why", (3, "findings"): ["last", 1]}


def test_values_of_a_case_are_opened_when_asked_for_and_those_put_in_count_from_then_on(store: Store) -> None:
    with store.writing() as conn:
        case_id = opened(conn, "A-1").id
        key = sealing.key_of_case(conn, case_id, None)
        personal.store(conn, case_id, key, [personal.seal(1, "findings", "scratched"), personal.seal(2, "cause", "glue")])
    with store.reading() as conn:
        values = personal.Values(conn, case_id, sealed := {"findings": 1, "cause": 2})
        sealed.clear()       # whatever becomes of the case meanwhile
        values["remedy"], values["cause"] = "new one", "heat"
        with databases.statements(conn) as asked:
            assert (values.get("remedy"), values.get("cause"), values.get("nothing")) == ("new one", "heat", None) and asked == []
            assert dict(values) == {"findings": "scratched", "cause": "heat", "remedy": "new one"} and len(values) == 3
            assert values.get("findings") == "scratched" and sum("personal" in one for one in asked) == 1


def test_the_same_person_is_one_party_and_two_people_of_one_name_are_two(store: Store) -> None:
    with store.writing() as conn:
        first = parties.add_party(conn, {"name": "王芳", "email": "w@x.example"}, NOW)
        assert parties.add_party(conn, {"name": "王芳", "email": "w@x.example", "phone": "138"}, NOW) == first
        assert parties.party(conn, first).phone == "138", "what was lacking is added"
        assert parties.add_party(conn, {"name": "王芳", "phone": "138"}, NOW) == first
        assert parties.add_party(conn, {"name": "王芳"}, NOW) != first, "a name alone is nobody in particular"
        assert parties.add_party(conn, {"name": "王芳", "email": "other@x.example"}, NOW) != first
        assert parties.add_party(conn, {"name": "李娜", "email": "w@x.example"}, NOW) != first, "a shared mailbox is not one person"
        moved_house = parties.add_party(conn, {"name": "王芳", "phone": "138", "email": "new@x.example"}, NOW)
        assert moved_house != first and parties.party(conn, first).email == "w@x.example", "nothing known is overwritten"


def test_a_customer_is_read_once_and_seen_with_what_was_added(store: Store) -> None:
    with store.writing() as conn:
        one = parties.add_party(conn, {"name": "Wang", "email": "w@x.example"}, NOW)
        before = parties.customer(conn, one)
        parties.add_party(conn, {"name": "Wang", "email": "w@x.example", "language": "zh"}, NOW)
        after = parties.customer(conn, one)
        assert before is not None and after is not None and (before.language, after.language) == (None, "zh")
        assert parties.customer(conn, 99) is None
        with pytest.raises(NotFound):
            parties.party(conn, 99)


def test_parties_are_found_by_words_pieces_addresses_and_the_ends_of_numbers(store: Store) -> None:
    known = (("Zoe 100%", "zoe@x.example", None), ("王小明", None, "+86-13800138000"), ("Anna Berg", "ANNA@X.example", None))
    with store.writing() as conn:
        for name, email, phone in known:
            parties.add_party(conn, {"name": name, "email": email, "phone": phone}, NOW)
    asked = (
        "", "x.EXAMPLE", "anna@x.example", "小明", "王明", "明", "8000", "138 0013 8000", "800", "berg  ANNA", "ann", "%", "_", "zoe 100%",
        "nobody",
    )
    with store.reading() as conn:
        found = {words: [one.name for one in parties.find_parties(conn, words)] for words in asked}
        assert parties.find_parties(conn, "", 2)[0].name == "Anna Berg", "the latest"
    assert found == {
        "": ["Anna Berg", "王小明", "Zoe 100%"], "x.EXAMPLE": [], "anna@x.example": ["Anna Berg"], "小明": ["王小明"], "王明": [], "明": [],
        "8000": ["王小明"], "138 0013 8000": ["王小明"], "800": [], "berg  ANNA": ["Anna Berg"], "ann": [], "%": [], "_": [],
        "zoe 100%": ["Zoe 100%"], "nobody": [],
    }


def test_a_file_is_kept_once_for_each_case(store: Store) -> None:
    from hashlib import sha256

    content = b"\x00scan"
    file = files.File(sha256(content).hexdigest(), "scan.png", "image/png", len(content))
    with store.writing() as conn:
        one, two = opened(conn, "A-1").id, opened(conn, "A-2").id
        key = sealing.key_of_case(conn, one, None)
        assert [files.keep_file(conn, case, key, file, content, NOW) for case in (one, one, two)] == [True, False, True]
        assert [(kept.name, kept.size, kept.attached_at) for kept in files.files(conn, one)] == [("scan.png", 5, NOW)]
        assert files.content(conn, two, file.sha256) == content
        with pytest.raises(NotFound):
            files.content(conn, two, "0" * 64)


def test_times_come_back_aware_in_utc(store: Store) -> None:
    from datetime import timezone

    with store.writing() as conn:
        at = NOW.astimezone(timezone(timedelta(hours=8)))
        one = parties.add_party(conn, {"name": "Wang"}, at)
        found = parties.party(conn, one).created_at
    assert found == NOW and found.utcoffset() == timedelta(0)
