"""The starter bundle passes its own check and scenario, in both languages and under any name."""

from pathlib import Path

import pytest

from engine.defining.starter import starter
from engine.ground.errors import Invalid
from engine.usecases.examining import examine
from engine.usecases.scenarios import run_scenarios


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["product-complaint", "投诉", "x"])
def test_it_passes_check_and_scenario_as_it_stands(name: str, language: str, tmp_path: Path) -> None:
    for path, text in starter(name, language).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    bundle, around, problems = examine(tmp_path)
    assert [str(problem) for problem in problems] == []
    assert bundle is not None and around is not None and bundle.name == name
    results = run_scenarios(bundle, around.calendars, around.document)
    assert [(result.name, result.failure) for result in results if not result.passed] == [] and len(results) == 1


def test_it_explains_itself_in_the_language_asked_for() -> None:
    assert "案件从第一个状态开始" in starter("a", "zh-CN")["procedure.yaml"]
    assert "a case starts in the first one" in starter("a", "fr")["procedure.yaml"]


def test_case_numbers_begin_with_the_initials() -> None:
    assert '"PC-{year}-{serial:04}"' in starter("product-complaint", "en")["procedure.yaml"]
    assert '"C-{year}-{serial:04}"' in starter("投诉", "zh")["procedure.yaml"]


@pytest.mark.parametrize("name", ["", "../x", "1x", "a b", "a/b"])
def test_names_that_no_bundle_can_have_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        starter(name, "en")
