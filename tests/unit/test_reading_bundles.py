"""A bundle's folder: read whole, reported on whole, stored as a document that says the same again."""

import json
import os
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_samples import PARCEL, SMALLEST, bundle_problems, changed, definition_in, place, write

from engine.defining.bundle import definition_of, load_bundle, read_bundle
from engine.defining.completing import complete
from engine.defining.definition import Definition, EventKind, Happening
from engine.defining.document import ordered, plain_document
from engine.defining.kinds import Reading
from engine.defining.reader import read_with
from engine.defining.tree import Tree
from engine.defining.yaml_file import read_tree
from engine.ground.canonical import canonical, digest
from engine.ground.errors import DefinitionError
from engine.ground.language import speak

TEXT = "Subject: Parcel {{ number }}\n\nWe have your complaint.\n"
STORY = "scenario: nobody answers\nat: 2026-11-20 16:00\nsteps:\n  - open: {by: li.na, with: {loss: 12.50}}\n"
FILES: dict[str, str | bytes] = {
    "procedure.yaml": PARCEL,
    "notices/receipt.zh.j2": TEXT,
    "notices/receipt.en.j2": TEXT,
    "notices/receipt.en.html.j2": "<p>Hello</p>",
    "scenarios/late.yaml": STORY,
}


@pytest.fixture()
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "parcel", FILES)


def test_a_bundle_holds_everything_that_lies_in_its_folder(folder: Path) -> None:
    bundle, problems = read_bundle(folder)
    assert problems == [] and bundle is not None
    assert bundle.name == "parcel-complaint" and bundle.folder == folder
    assert bundle.definition.texts == {"receipt": {"zh": TEXT, "en": TEXT}, "receipt.html": {"en": "<p>Hello</p>"}}
    assert bundle.source == dict(FILES)
    assert [name for name, _ in bundle.scenarios] == ["late.yaml"]
    assert bundle.places.place(("states", "waiting"))[0] == PARCEL[: PARCEL.index("  waiting:\n")].count("\n") + 1
    assert bundle.hash == digest(canonical(bundle.document)) == digest(bundle.text)


def test_the_stored_document_says_the_same_again_though_its_keys_are_sorted(folder: Path) -> None:
    bundle, _ = read_bundle(folder)
    assert bundle is not None
    stored = json.loads(canonical(bundle.document))
    again = definition_of(stored)
    assert again == bundle.definition
    assert list(again.states) == list(bundle.definition.states) and list(again.roles) == ["desk", "lab", "manager", "director"]
    assert again.states["registered"].actions["acknowledge"].do == bundle.definition.states["registered"].actions["acknowledge"].do
    assert stored == json.loads(canonical(bundle.document)), "reading leaves the document as it is"


def test_the_same_words_in_another_order_of_keys_that_means_nothing_are_the_same_version(tmp_path: Path) -> None:
    one, _ = read_bundle(write(tmp_path / "a", FILES))
    swapped = changed(PARCEL, ("{by: lab, to: deciding, after: tasks", "{after: tasks, to: deciding, by: lab"))
    other, _ = read_bundle(write(tmp_path / "b", FILES | {"procedure.yaml": swapped}))
    assert one is not None and other is not None and one.hash == other.hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  - {at: 50%, remind: owner}", "  - {at: 60%, remind: owner}"),
        ("reassign: superior of owner, notice: urging", "notice: urging, reassign: superior of owner"),
        ("[damaged, late, lost]", "[late, damaged, lost]"),
        ("contact: {zh: 服务热线", "contact: {zh: 热线"),
    ],
)
def test_what_means_something_else_is_another_version(folder: Path, tmp_path: Path, old: str, new: str) -> None:
    one, _ = read_bundle(folder)
    other, problems = read_bundle(write(tmp_path / "b", FILES | {"procedure.yaml": changed(PARCEL, (old, new))}))
    assert one is not None and other is not None and one.hash != other.hash, problems


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("notices/receipt.zh.j2", "complaint", "letter"),
        ("notices/receipt.en.html.j2", "Hello", "Hi"),
        ("scenarios/late.yaml", "12.50", "12.51"),
    ],
)
def test_every_file_is_part_of_the_version(folder: Path, file: str, old: str, new: str) -> None:
    one, _ = read_bundle(folder)
    other, _ = read_bundle(write(folder, {file: changed(str(FILES[file]), (old, new))}))
    assert one is not None and other is not None and one.hash != other.hash


def test_a_comment_is_not_part_of_the_version_but_is_kept_as_source(folder: Path) -> None:
    one, _ = read_bundle(folder)
    other, _ = read_bundle(write(folder, {"procedure.yaml": f"# a remark\n{PARCEL}"}))
    assert one is not None and other is not None and one.hash == other.hash
    assert other.source["procedure.yaml"].startswith("# a remark")


def test_all_problems_of_all_files_are_reported_at_once_in_order(tmp_path: Path) -> None:
    procedure = changed(PARCEL, ("type: party", "type: partie"), ("until: [acknowledge, reject]", "until: [acknowlege, reject]"))
    folder = write(
        tmp_path / "b",
        FILES
        | {
            "procedure.yaml": procedure,
            "notices/receipt.zh.j2": "您好\n",
            "notices/receit.en.j2": TEXT,
            "notices/refusal.fr.j2": TEXT,
            "notices/note.txt": "x",
            "notices/urging.en.j2": "Subject: x\nbody\n",
            "notices/refusal.en.j2": b"Subject: x\n\n\xff",
            "scenarios/late.yaml": changed(STORY, ("by: li.na, with", "who: li.na, with")),
            "scenarios/odd.yml": "x",
            "scenarios/empty.yaml": "",
            "procedure.yml": "x",
        },
    )
    lines = [line.split(" (")[0].split(" – ")[0] for line in bundle_problems(folder)]
    assert lines == [
        "notices/note.txt: This is not the name of a notice text",
        "notices/receipt.zh.j2:1:1: The first line is not `Subject: …`",
        "notices/receit.en.j2:1:1: There is no notice 'receit'",
        "notices/refusal.en.j2:3:1: The file is not UTF-8",
        "notices/refusal.fr.j2:1:1: 'fr' is not among the languages of the procedure",
        "notices/urging.en.j2:2:1: The second line is not empty",
        f"procedure.yaml:{place(procedure, 'partie')}: 'type' cannot be 'partie'",
        f"procedure.yaml:{place(procedure, 'acknowlege')}: There is no action, task or date field 'acknowlege'",
        "procedure.yml: Nothing reads this file",
        "scenarios/empty.yaml:1:1: The file is empty",
        "scenarios/late.yaml:4:5: 'by' is missing",
        "scenarios/late.yaml:4:12: 'who' is not known here",
        "scenarios/odd.yml: This is not the name of a scenario",
    ]


def test_a_missing_folder_file_or_content_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "There is no folder of that name" in bundle_problems(tmp_path / "nowhere")[0]
    assert "There is no folder of that name" in bundle_problems(tmp_path / "file")[0]
    assert "There is no folder of that name" in bundle_problems(tmp_path / "a\0b")[0]
    assert "The folder cannot be read" in bundle_problems(tmp_path / ("x" * 300))[0]
    assert bundle_problems(write(tmp_path / "a", {"notices/x.en.j2": TEXT}))[0].startswith("procedure.yaml: The file does not exist")
    assert bundle_problems(write(tmp_path / "b", {"procedure.yaml": ""}))[0].startswith("procedure.yaml:1:1: The file is empty")
    assert bundle_problems(write(tmp_path / "c", {"procedure.yaml": "# nothing\n"}))[0].startswith("procedure.yaml:1:1: The file is empty")


def test_links_that_lead_out_of_the_bundle_are_refused_and_others_are_read(tmp_path: Path) -> None:
    secret = write(tmp_path / "outside", {"secret.en.j2": "Subject: secret\n\nx", "notices/x.en.j2": TEXT, "procedure.yaml": PARCEL})
    folder = write(tmp_path / "b", FILES)
    (folder / "notices" / "refusal.en.j2").symlink_to(secret / "secret.en.j2")
    (folder / "notices" / "refusal.zh.j2").symlink_to(folder / "notices" / "receipt.zh.j2")
    assert [p.split(" – ")[0] for p in bundle_problems(folder)] == ["notices/refusal.en.j2: This link leads out of the folder"]
    other = write(tmp_path / "c", {"procedure.yaml": SMALLEST})
    (other / "notices").symlink_to(secret / "notices")
    assert [p.split(" – ")[0] for p in bundle_problems(other)] == ["notices: This link leads out of the folder"]
    third = write(tmp_path / "d", {"notices/x": "x"})
    (third / "procedure.yaml").symlink_to(secret / "procedure.yaml")
    assert "procedure.yaml: This link leads out of the folder" in "\n".join(bundle_problems(third))
    loop = write(tmp_path / "e", {"scenarios/x": "x"})
    (loop / "procedure.yaml").symlink_to(loop / "procedure.yaml")
    assert "procedure.yaml: The file cannot be read" in "\n".join(bundle_problems(loop))


def test_the_bundle_itself_may_be_reached_by_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    bundle, problems = read_bundle(tmp_path / "link")
    assert bundle is not None and problems == []


def test_pipes_and_huge_files_are_refused_without_being_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "b", {"procedure.yaml": SMALLEST, "scenarios/big.yaml": b"a" * (1024 * 1024 + 1)})
    (folder / "notices").mkdir()
    os.mkfifo(folder / "notices" / "x.en.j2")
    assert [p.split(" – ")[0] for p in bundle_problems(folder)] == [
        "notices/x.en.j2: This is not a regular file",
        "scenarios/big.yaml: The file is larger than 1 MiB",
    ]


def test_files_beside_the_bundle_are_left_alone_and_stray_ones_are_only_a_warning(tmp_path: Path) -> None:
    folder = write(tmp_path / "b", {"procedure.yaml": SMALLEST, "README.md": "x", ".git/x": "x", "procedure.yaml~": "x", "notes.txt": "x"})
    bundle, problems = read_bundle(folder)
    assert bundle is not None
    assert [(p.severity, p.file) for p in problems] == [("warning", str(folder / "notes.txt"))]


def test_texts_written_on_windows_are_the_same_texts(tmp_path: Path, folder: Path) -> None:
    one, _ = read_bundle(folder)
    other, problems = read_bundle(
        write(tmp_path / "b", {name: b"\xef\xbb\xbf" + str(text).replace("\n", "\r\n").encode() for name, text in FILES.items()})
    )
    assert one is not None and other is not None and one.hash == other.hash, problems


def test_load_bundle_raises_with_every_problem(tmp_path: Path) -> None:
    folder = write(tmp_path / "b", {"procedure.yaml": changed(SMALLEST, ("to: done", "too: done"), ("languages: en", "languages: [1]"))})
    with pytest.raises(DefinitionError) as raised:
        load_bundle(folder)
    assert len(raised.value.problems) == 2 and raised.value.exit_code == 8


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"procedure": None},
        {"procedure": {"procedure": 5}},
        {"procedure": {}, "order": {"states": ["a"]}},
        {"procedure": {"a": 1}, "order": {"a/b": ["c"]}},
    ],
)
def test_a_stored_document_that_cannot_be_read_says_so(document: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError):
        definition_of(document)


def test_problems_are_told_in_the_language_spoken_at_that_moment(tmp_path: Path) -> None:
    folder = write(tmp_path / "b", {"procedure.yaml": changed(SMALLEST, ("to: done", "too: done"))})
    english = bundle_problems(folder)
    speak("zh")
    try:
        assert len(bundle_problems(folder)) == len(english)
    finally:
        speak("en")


# --- what is worked out ------------------------------------------------------------------------------------------------


def test_bare_names_of_clocks_become_actions_tasks_and_date_fields() -> None:
    done, problems = complete(definition_in(PARCEL), {})
    assert problems == []
    assert done.clocks["promise"].from_ == (Happening(EventKind.FIELD, "promised_on"),)
    assert done.clocks["promise"].until == (Happening(EventKind.TASK, "examination"),)
    assert done.clocks["first_reply"].until == (Happening(EventKind.ACTION, "acknowledge"), Happening(EventKind.ACTION, "reject"))


def test_actions_of_anywhere_belong_to_every_state_that_is_not_final_or_to_those_named() -> None:
    done, _ = complete(definition_in(PARCEL), {})
    assert {name for name, state in done.states.items() if "withdraw" in state.actions} == {
        "registered",
        "investigating",
        "waiting",
        "deciding",
    }
    assert {name for name, state in done.states.items() if "correct_kind" in state.actions} == {"registered"}
    assert done.states["waiting"].actions["withdraw"].anywhere and not done.states["waiting"].actions["answered"].anywhere


def test_a_states_own_action_stands_before_one_of_anywhere() -> None:
    own = changed(PARCEL, ("answered: {by:", "withdraw: {by: lab}\n      answered: {by:"))
    done, _ = complete(definition_in(own), {})
    assert not done.states["waiting"].actions["withdraw"].anywhere and done.states["deciding"].actions["withdraw"].anywhere


def test_limits_of_states_and_tasks_are_clocks_of_their_name() -> None:
    done, _ = complete(definition_in(PARCEL), {})
    assert list(done.all_clocks) == [
        "first_reply", "total", "promise", "calling", "sign_of_life", "examination", "visit", "deciding",
    ]
    deciding, examination = done.all_clocks["deciding"], done.all_clocks["examination"]
    assert (deciding.from_, deciding.until) == ((Happening(EventKind.STATE, "deciding"),), (Happening(EventKind.LEFT, "deciding"),))
    assert (examination.from_, examination.until) == (
        (Happening(EventKind.TASK_OPENED, "examination"),),
        (Happening(EventKind.TASK, "examination"),),
    )
    written = done.states["investigating"].tasks["examination"].within
    assert deciding.ladder == done.states["deciding"].ladder
    assert examination.within == tuple(replace(case, counting=done.counting) for case in written)


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("acknowlege", "There is no action, task or date field 'acknowlege' (did you mean 'acknowledge'?)"),
        ("examinaton", "There is no action, task or date field 'examinaton' (did you mean 'examination'?)"),
        ("promised_one", "There is no action, task or date field 'promised_one' (did you mean 'promised_on'?)"),
        ("waiting", "'waiting' is a state, not an action (did you mean 'state waiting'?)"),
        ("findings", "Field 'findings' does not hold a date"),
        ("state wating", "There is no state 'wating' (did you mean 'waiting'?)"),
        ("left wating", "There is no state 'wating' (did you mean 'waiting'?)"),
        ("task examinaton", "There is no task 'examinaton' (did you mean 'examination'?)"),
        ("clock totale due", "There is no clock 'totale' (did you mean 'total'?)"),
        ("notice reciept sent", "There is no notice 'reciept' (did you mean 'receipt'?)"),
    ],
)
def test_an_unknown_event_is_answered_with_the_nearest_name_at_its_place(until: str, expected: str) -> None:
    text = changed(PARCEL, ("until: [acknowledge, reject]", f"until: [acknowledge, {until}]"))
    _, problems = complete(definition_in(text), {}, read_tree(text, "p.yaml"))
    line = text[: text.index("until: [")].count("\n") + 1
    assert [str(p).split(" – ")[0] for p in problems] == [f"p.yaml:{line}:26: {expected}"]


@pytest.mark.parametrize(
    "until", ["clock deciding due", "clock examination due", "notice reminder sent", "task stock_check", "left waiting", "closed"]
)
def test_known_events_are_accepted(until: str) -> None:
    done, problems = complete(definition_in(changed(PARCEL, ("until: [acknowledge, reject]", f"until: {until}"))), {})
    assert problems == [] and str(done.clocks["first_reply"].until[0]) == until


def test_a_name_that_is_written_but_could_not_be_read_is_not_reported_a_second_time(tmp_path: Path) -> None:
    wrong = changed(
        PARCEL,
        ("acknowledge: {by: desk,", "acknowledge: {by: 'the desk',"),
        ("  total:\n", "  totally:\n"),
        ("within: 24 hours", "within: 24 ours"),
    )
    found = bundle_problems(write(tmp_path / "b", {"procedure.yaml": wrong}))
    assert [p.split(": ", 1)[1].split(" – ")[0] for p in found] == ["'the desk' does not say who", "'24 ours' is not a duration"]


def test_two_clocks_of_one_name_and_a_name_for_two_things_are_reported() -> None:
    _, problems = complete(definition_in(changed(PARCEL, ("  promise:", "  deciding:"))), {})
    assert [p.what for p in problems] == ["There are two clocks named 'deciding'"]
    _, problems = complete(definition_in(changed(PARCEL, ("answered:", "examination:"))), {})
    assert [p.what for p in problems] == ["'examination' is an action and a task"]


# --- promises about speed and sameness ---------------------------------------------------------------------------------


def test_a_published_definition_is_read_in_a_few_milliseconds(folder: Path) -> None:
    bundle, _ = read_bundle(folder)
    assert bundle is not None
    stored = json.loads(canonical(bundle.document))
    times = []
    for _ in range(15):
        began = process_time()
        definition_of(stored)
        times.append(process_time() - began)
    assert min(times) < 0.005


def test_reading_a_published_definition_imports_neither_yaml_nor_jinja_nor_babel(folder: Path) -> None:
    import subprocess
    import sys

    bundle, _ = read_bundle(folder)
    assert bundle is not None
    code = (
        "import json, sys; from engine.defining.bundle import definition_of; definition_of(json.load(sys.stdin));"
        "print(sorted({'yaml', 'jinja2', 'babel', 'pydantic', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=bundle.text, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


_names = st.sampled_from(["a", "b", "zeta", "step_2", "受理", "Alpha", "m"])
_texts = st.one_of(
    st.sampled_from(["x", "1.50", "no", "是"]),
    st.integers(0, 99),
    st.decimals(0, 99, places=2),
    st.dictionaries(st.sampled_from(["zh", "en", "fr"]), st.text("ab字", min_size=1, max_size=3), min_size=1),
)
_doings = st.permutations([("set", {"b": 1, "a": True}), ("notice", ["x"]), ("assign", "owner"), ("remind", ["owner", "a"])]).map(dict)
_actions = st.dictionaries(_names, st.builds(lambda do, title: {"by": "a", "title": title, **do}, _doings, _texts), max_size=3)


@st.composite
def _procedures(draw: st.DrawFn) -> dict[str, Any]:
    states = draw(st.dictionaries(_names, st.builds(lambda actions: {"actions": actions}, _actions), min_size=1, max_size=4))
    fields = draw(
        st.dictionaries(
            _names,
            st.sampled_from(
                [
                    {"type": "text"},
                    {"type": "number", "default": "1.5", "between": [0, "9.5"]},
                    {"type": "choice", "options": {"z": None, "a": "A"}},
                ]
            ),
            max_size=3,
        )
    )
    return {
        "procedure": "p",
        "number": "{serial}",
        "calendar": "c",
        "languages": ["zh"],
        "fields": fields,
        "states": states,
        "anywhere": {"actions": draw(_actions)},
    }


@settings(max_examples=60, deadline=None)
@given(_procedures())
def test_whatever_a_procedure_says_its_document_says_in_the_same_order(written: dict[str, Any]) -> None:
    tree = Tree("p.yaml", written, places={(): (1, 1)})
    reading = Reading(tree)
    definition = read_with(reading, Definition, written)
    assert reading.problems == []
    completed, _ = complete(definition, {})
    document = {"procedure": plain_document(written), "order": ordered(reading), "notices": {}, "scenarios": {}}
    again = definition_of(json.loads(canonical(document)))
    assert again == completed
    assert list(again.states) == list(completed.states) and list(again.fields) == list(completed.fields)
    for name, state in completed.states.items():
        assert list(again.states[name].actions) == list(state.actions)
    for name, field in completed.fields.items():
        assert list(again.fields[name].options) == list(field.options)
