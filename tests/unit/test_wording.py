"""Notice texts: what they print in each language, what they refuse, and that what customers typed stays text."""

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from specimen import DEFINITION, a_case, sight

from engine.deciding.printing import printed
from engine.deciding.scope import Customer
from engine.deciding.values import Amount, DayEnd, PartyNumber, Titled
from engine.deciding.wording import BUILTIN, render_notice, split_notice, template
from engine.defining.definition import Text
from engine.ground.duration import parse_duration
from engine.ground.errors import Invalid, NotFound

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(("value", "zh", "en"), [
    (None, "", ""),
    ("text <b>", "text <b>", "text <b>"),
    (True, "是", "yes"), (False, "否", "no"),
    (Decimal("7.50"), "7.5", "7.5"), (Decimal(1000000), "1000000", "1000000"), (3, "3", "3"),
    (Amount("5000.00", "CNY"), "CNY 5,000.00", "CNY 5,000.00"), (Amount("5000", "JPY"), "JPY 5,000", "JPY 5,000"),
    (Amount("-1.50", "CNY"), "CNY -1.50", "CNY -1.50"),
    (date(2026, 11, 2), "2026年11月2日", "2 November 2026"),
    (datetime(2026, 11, 20, 16, 5, tzinfo=SHANGHAI), "2026年11月20日 16:05", "20 November 2026, 16:05"),
    (DayEnd(2026, 12, 1, tzinfo=SHANGHAI), "2026年11月30日 24:00", "30 November 2026, 24:00"),
    (timedelta(days=1, hours=2, minutes=3, seconds=4), "1 天 2 小时 3 分钟", "1 day 2 hours 3 minutes"),
    (timedelta(0), "0 分钟", "0 minutes"), (timedelta(hours=-2), "-2 小时", "-2 hours"),
    (parse_duration("3 working days"), "3 个工作日", "3 working days"),
    (Titled("a", {"zh": "甲", "en": "A"}), "甲", "A"), (Titled("a", {}), "a", "a"), (Text(zh="热线"), "热线", "热线"),
    (["x", None, Amount("1", "CNY")], "x、、CNY 1.00", "x, , CNY 1.00"),
    (Customer("王女士"), "王女士", "王女士"), (PartyNumber(12), "#12", "#12"),
])
def test_values_read_naturally_in_the_language_of_the_text(value: object, zh: str, en: str) -> None:
    assert (printed(value, "zh"), printed(value, "en")) == (zh, en)


def test_other_languages_follow_cldr_and_unknown_ones_read_as_english() -> None:
    assert printed(date(2026, 11, 2), "de") == "2. November 2026"
    assert printed(Amount("5000.5", "EUR"), "de") == "EUR 5.000,50"
    assert printed(date(2026, 11, 2), "xx-nowhere") == "2 November 2026"
    assert printed(Amount("5000.5", "EUR"), "xx-nowhere") == "EUR 5,000.50"


def test_a_text_chooses_loops_and_formats() -> None:
    text = template(
        "{% if loss > 500 %}big{% elif loss > 100 %}middling{% else %}small{% endif %} "
        "{% for one in tags %}<{{ one }}>{% else %}none{% endfor %} {{ tags|join('/') }} {{ visit_at|date }} {{ visit_at|time }} "
        "{{ (loss * 2)|round }} {{ nothing_yet|default('-') }}{# remark #}"
    )
    seen = {"loss": Amount("200", "CNY"), "tags": ["a", "b"], "visit_at": datetime(2026, 11, 20, 16, tzinfo=SHANGHAI), "nothing_yet": None}
    assert text.render(seen, "en") == "middling <a><b> a/b 20 November 2026 16:00 CNY 400.00 -"
    assert text.render({**seen, "tags": None, "loss": None, "visit_at": DayEnd(2026, 11, 21, tzinfo=SHANGHAI)}, "zh") == (
        "small none  2026年11月20日 24:00  -"
    )
    assert text.names == {"loss", "tags", "visit_at", "nothing_yet"}


def test_names_of_loops_are_not_names_of_the_case_and_functions_are_known() -> None:
    text = template("{% for x in tags %}{{ x }}{% endfor %}{{ due('total') }}{% if done('propose') %}{{ number }}{% endif %}")
    assert text.names == {"tags", "number"} and set(text.calls) == {("due", "total"), ("done", "propose")}


REFUSED = [
    "{% include 'x' %}", "{% extends 'x' %}", "{% import 'x' as y %}", "{% from 'x' import y %}", "{% macro m() %}{% endmacro %}",
    "{% set x = 1 %}", "{% set x %}a{% endset %}", "{% block b %}{% endblock %}", "{% filter upper %}a{% endfilter %}",
    "{% call f() %}{% endcall %}",
    "{% with x = 1 %}{% endwith %}", "{% autoescape false %}{{ x }}{% endautoescape %}", "{% do x %}",
    "{{ x|safe }}", "{{ x|e }}", "{{ x.__class__ }}", "{{ ''.__class__ }}", "{{ self }}{{ self._TemplateReference__context }}", "{{ x() }}",
    "{{ lipsum() }}", "{% for a in x %}{% for b in x %}{% for c in x %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a, b in x %}{% endfor %}",
    "{% for a in x recursive %}{% endfor %}", "{% for a in x if a %}{% endfor %}",
    "{% for a in x %}{% for a in x %}{% endfor %}{% endfor %}",
    "{% for a in range(9) %}{% endfor %}", "{% for _a in x %}{% endfor %}", "{{", "{% if x %}", "{{ x }", "{{ 2 ** 9 }}",
    "{{ " + "(" * 200 + " }}",
    "{% if x %}" * 60 + "{% endif %}" * 60, "{{ 1e400 }}", "x" * 60_000,
]


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_texts_may_not_hold_is_refused_when_they_are_read(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(Invalid) as refused:
        template(text)
    assert time.perf_counter() - started < 0.5 and len(refused.value.message) < 400


def test_an_unknown_name_is_an_error_even_where_nothing_would_be_printed() -> None:
    with pytest.raises(Invalid, match="'tpyo'"):
        template("Dear {{ tpyo }}").render({})
    with pytest.raises(Invalid, match="'tpyo'"):
        template("{% if tpyo %}{% endif %}").render({})


def test_a_text_cannot_grow_without_bound() -> None:
    with pytest.raises(Invalid, match="100000 characters"):
        template("{% for x in many %}{{ long }}{% endfor %}").render({"many": ["a"] * 900, "long": "y" * 1000})
    with pytest.raises(Invalid, match="1000 items"):
        template("{% for x in many %}{% for y in many %}{% endfor %}{% endfor %}").render({"many": ["a"] * 900})


NASTY = "<script>alert(1)</script>{{ number }}{% include 'x' %}\r\nBcc: all@example.com"


def test_what_a_customer_typed_stays_text() -> None:
    seen = sight(a_case(), personal={"findings": NASTY})
    assert template("{{ findings }}").render(seen) == NASTY
    page = template("<p title='{{ findings }}'>{{ findings }}</p>", html=True).render(seen)
    assert "<script>" not in page and "&lt;script&gt;" in page and "{{ number }}" in page
    assert template("<b>{{ x }}</b>", html=True).render({"x": "'\"&"}) == "<b>&#x27;&quot;&amp;</b>"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_no_name_of_a_customer_breaks_the_subject_line_or_the_page(name: str) -> None:
    made = render_notice(DEFINITION, "receipt", sight(a_case(), customer=Customer("王" + name)), "zh")
    subject = template("Received: {{ customer }}").render(sight(a_case(), customer=Customer(name)))
    assert made.html is not None and "<" not in made.html.replace("<p>", "").replace("</p>", "")
    assert isinstance(subject, str)


@pytest.mark.parametrize("typed",
    ["a\r\nBcc: x@example.com", "a\nb", "a\rb", "a\x0bb\x0cc", "a\x85b", "a\u2028b\u2029c", "a\x00b", "a\u202eb", "  a   b "])
def test_a_subject_is_one_line_whatever_was_typed(typed: str) -> None:
    definition = type("D", (), {"texts": {"n": {"zh": "Subject: 关于 {{ findings }}\n\n…"}}, "languages": ("zh",)})()
    subject = render_notice(definition, "n", {"findings": typed}, "zh").subject
    assert subject.isprintable() and len(subject.splitlines()) == 1 and "  " not in subject


def test_subject_and_body_are_split_at_the_first_line() -> None:
    assert split_notice("Subject: Your case {{ number }}\n\nDear …\n\nBye\n") == ("Your case {{ number }}", "Dear …\n\nBye\n")
    assert split_notice("\ufeffsubject: x\r\nbody") == ("x", "body")
    for wrong in ("", "Dear …", "Subject:", "Subject: \n\nx", "\nSubject: x"):
        with pytest.raises(Invalid):
            split_notice(wrong)


def test_a_notice_falls_back_to_the_first_language_and_says_which_it_used() -> None:
    def text(language: str) -> tuple[str, str]:
        made = render_notice(DEFINITION, "receipt", sight(), language)
        return made.language, made.subject
    assert text("en") == ("en", "Received KS-202611-0001") and text("en-GB") == text("en")
    assert text("zh") == text("fr") == text("") == ("zh", "收到 KS-202611-0001")
    chosen: list[str] = []
    render_notice(DEFINITION, "receipt", lambda language: chosen.append(language) or sight(), "fr")  # type: ignore[func-returns-value]
    assert chosen == ["zh"]


def test_the_page_is_there_only_in_languages_that_have_one() -> None:
    seen = sight(a_case(), personal={"findings": "a < b"})
    assert render_notice(DEFINITION, "receipt", seen, "zh").html == "<p>王女士，您好：a &lt; b</p>"
    assert render_notice(DEFINITION, "receipt", seen, "en").html is None


def test_a_notice_without_a_text_is_not_found() -> None:
    with pytest.raises(NotFound, match="'nothing'"):
        render_notice(DEFINITION, "nothing", sight(), "zh")


REQUESTS = ("request", "request_answered")


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["action", "handover"])
def test_the_texts_of_requests_say_what_is_asked_by_whom_and_what_came_of_it(name: str, language: str, kind: str) -> None:
    facts = {"request": 7, "kind": kind, "what": Titled("propose", {"zh": "方案", "en": "Plan"}), "asker": "孙丽", "result": "declined",
             "comment": "太贵", "due_at": datetime(2026, 12, 3, 8, tzinfo=UTC)}
    made = render_notice(DEFINITION, name, sight(extra=facts), language)
    assert "KS-202611-0001" in made.subject and "7" in made.text and "太贵" in made.text
    assert (("方案" if language == "zh" else "Plan") in made.text) == (kind == "action")
    assert ("孙丽" in made.text) if name == "request" else (("未获同意" if language == "zh" else "declined") in made.text)


@pytest.mark.parametrize("name", [name for name in BUILTIN if name not in REQUESTS and not name.startswith("survey")])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_products_own_texts_are_whole_with_and_without_a_clock(name: str, language: str) -> None:
    rung = {"clock": "total", "rung": "due", "due_at": datetime(2026, 12, 3, 16, tzinfo=UTC), "overdue": timedelta(hours=26)}
    for seen in (sight(), sight(extra=rung), sight(extra={**rung, "due_at": None, "overdue": None}),
    sight(extra={**rung, "reminders": [rung, rung]})):
        made = render_notice(DEFINITION, name, seen, language)
        assert made.language == language and "KS-202611-0001" in made.subject and "registered" not in made.text and len(made.text) > 40
    if name == "impossible":   # says why, not how late
        assert "weil" in render_notice(DEFINITION, name, sight(extra={"comment": "weil"}), language).text
        return
    late = render_notice(DEFINITION, name, sight(extra=rung), language).text
    assert ("1 天 2 小时" if language == "zh" else "1 day 2 hours") in late
    assert ("2026年12月3日 24:00" if language == "zh" else "3 December 2026, 24:00") in late


def test_a_definition_may_bring_its_own_form_of_a_built_in_notice() -> None:
    own = type("D", (), {"texts": {"reminder": {"zh": "Subject: 催办\n\n快"}}, "languages": ("zh",)})()
    assert render_notice(own, "reminder", sight(), "zh").subject == "催办"
