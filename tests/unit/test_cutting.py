"""Text is cut into what it is found by: words, and pairs of characters where there are no spaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.deciding.cutting import LONGEST, cut, cut_all


@pytest.mark.parametrize(("text", "found", "looked_for"), [
    ("The pump leaks.", ["pump", "leak"], ["pump", "leak"]),
    ("Leaking, LEAKED ｌｅａｋ", ["leak"], ["leak"]),
    ("客户投诉", ["客户", "户投", "投诉", "客", "户", "投", "诉"], ["客户", "户投", "投诉"]),
    ("漏", ["漏"], ["漏"]),
    ("A4纸卡住 E-17", ["a4", "纸卡", "卡住", "纸", "卡", "住", "17"], ["a4", "纸卡", "卡住", "17"]),
    ("glass class bus", ["glass", "class", "bus"], ["glass", "class", "bus"]),
    ("Straße naïve", ["strass", "naïve"], ["strass", "naïve"]),
    ("it is not the", [], []),
    ("", [], []),
])
def test_a_text_is_cut(text: str, found: list[str], looked_for: list[str]) -> None:
    assert [word for word in cut(text) if word != "e"] == found
    assert [word for word in cut(text, to_find=True) if word != "e"] == looked_for


@given(st.text())
def test_a_text_finds_itself_and_no_word_is_a_mark(text: str) -> None:
    words = cut(text)
    assert set(cut(text, to_find=True)) <= set(words) and len(words) == len(set(words))
    assert all(word and len(word) <= LONGEST and not word.startswith("=") for word in words)
    assert cut_all([text, text]) == words and cut(text.upper()) == cut(text.upper().casefold())
