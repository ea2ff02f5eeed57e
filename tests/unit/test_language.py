"""What the product says: facts filled in, numbers with their nouns, Chinese where it is spoken."""

from collections.abc import Iterator

import pytest

from engine.ground.language import say, speak


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    speak("en")


@pytest.mark.parametrize(("count", "said"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps"), (1000, "1000 steps")])
def test_a_number_takes_its_noun_along(count: int, said: str) -> None:
    assert say("{count:step|steps}", count=count) == said


def test_every_number_of_a_sentence_has_its_own_noun() -> None:
    told = say("{folder}: {errors:error|errors}, {warnings:warning|warnings}", folder="x", errors=1, warnings=2)
    assert told == "x: 1 error, 2 warnings"


def test_chinese_has_one_form_for_all_numbers() -> None:
    speak("zh")
    assert say("{count:step|steps}", count=1).startswith("1 ") and say("{count:step|steps}", count=2) == say(
        "{count:step|steps}", count=1
    ).replace("1", "2")
