"""A procedure on paper that uses every key of the language, and helpers to change it and write it into a folder."""

from pathlib import Path
from textwrap import dedent
from typing import Any

from engine.defining.bundle import read_bundle
from engine.defining.definition import Definition
from engine.defining.problems import Problem
from engine.defining.reader import read
from engine.defining.yaml_file import read_tree

SMALLEST = dedent("""\
    procedure: lost-parcel
    number: "LP-{year}-{serial:04}"
    calendar: office
    languages: en
    states:
      received:
        actions:
          close: {by: desk, to: done}
      done: {final: true}
    """)

PARCEL = dedent("""\
    procedure: parcel-complaint
    title: {zh: 包裹投诉处理, en: Parcel complaints}
    number: "PC-{year}{month}-{serial:04}"
    calendar: cn-office
    languages: [zh, en]
    counting: {roll: next}
    contact: {zh: 服务热线, en: "the hotline"}
    privacy: {retain: 3 年}
    lesson: [parcel_no, kind]
    fields:
      customer:    {type: party, required: true}
      channel:     {type: choice, options: [visit, phone, email, web], required: true}
      parcel_no:   {type: text, pattern: "[A-Z]{2}[0-9]{6}", personal: false}
      region:      {type: choice, options: {home: {zh: 国内, en: at home}, abroad: {zh: 国外, en: abroad}}, required: true}
      kind:        {type: choice, options: [damaged, late, lost]}
      loss:        {type: money, currency: CNY, between: [0, 100000.5]}
      photos:      {type: file, many: true}
      findings:    {type: text, length: 1..2000, sees: [lab, owner]}
      amount:      {type: money, currency: CNY, default: 0}
      promised_on: {type: date}
    values: {standard_refund: 40 CNY, most: 3, share: 0.25, soon: 3 working days, desk_hours: "mornings only"}
    roles:
      desk:     {title: 客服}
      lab:      {title: 质检, of: region, sees: [case, history]}
      manager:
      director: {title: 总经理}
    opening: {by: [desk, customer], backdate: 3 days, require: findings, notice: receipt, set: {amount: 1.50}}
    handover: {within: 4 working hours}
    anywhere:
      actions:
        withdraw: {by: [desk, customer], to: closed, require: [comment]}
        correct_kind: {by: desk, in: [registered], require: kind}
      tasks:
        inform: {by: desk, in: [investigating, deciding], every: 10 days, at_most: 3}
    states:
      registered:
        title: 登记
        actions:
          acknowledge: {by: desk, to: investigating, require: [parcel_no, kind], set: {amount: loss * 2, kind: "'late'"}, notice: receipt}
          reject: {by: manager, to: closed, when: loss == 0, notice: [refusal, receipt], assign: owner}
      investigating:
        tasks:
          examination: {by: lab, within: 3 working days, require: [findings], ladder: [{at: due, remind: owner}]}
          stock_check: {by: lab, when: kind == 'lost', except: owner, act: propose, covers: kind, revokes: approve, approve: manager}
          visit: {by: lab, from: [promised_on, state investigating], within: 1 day, backdate: 1 week, calendar: other-office,
                  pause: {in: waiting}, extend: {by: manager, up_to: 1 day}}
        actions:
          propose: {by: lab, to: deciding, after: tasks, require: [findings, amount],
                    approve: [manager, {when: loss > 500, is: {of: board, quorum: 2, pass: 2/3, within: 2 working days}}]}
      waiting:
        awaits: customer
        actions:
          answered: {by: [desk, customer], to: back, backdate: 2 days}
          no_answer: {by: system, to: closed, after: 30 days}
      deciding:
        within: 2 working days
        ladder: {at: due, remind: manager}
        entry: {notice: receipt, assign: least loaded of manager}
        actions:
          approve: {by: [manager, director], to: closed, limit: amount, except: "actor_of('propose')", covers: [amount, kind]}
          return: {by: manager, to: investigating, require: comment, revokes: approve, at_most: 2, within: 10 days}
          ask: {by: manager, to: waiting}
      closed:
        final: true
        actions:
          reopen: {by: director, to: investigating, within: 60 days}
    authority:
      manager: {amount: [5000 CNY, 600 EUR]}
      director: unlimited
    clocks:
      first_reply:
        within: 24 hours
        from: opened
        until: [acknowledge, reject]
        ladder:
          - {at: 50%, remind: owner}
          - {at: due, escalate: superior of owner, notice: urging, when: overdue}
      total:
        title: {zh: 结案期限, en: Time to close}
        within: [{when: region == 'home', is: 13 days, counting: {ends: close_of_business}}, {is: 17 days}]
        from: opened
        until: closed
        calendar: other-office
        counting: {first_day: included}
        pause: {in: waiting, up_to: 10 days}
        extend: {by: manager, up_to: 5 working days, at_most: 1, require: [comment], before: due, notice: receipt, approve: director}
        ladder:
          - {at: 2 working days before, remind: [owner, manager]}
          - {at: due, open: {procedure: inquiry, with: {about: kind}, wait: true}}
          - {at: 1 working day after, reassign: superior of owner, notice: urging}
          - {at: every 5 working days after, remind: director, at_most: 6}
      promise: {within: 2 days, from: promised_on, until: examination, when: region == 'home', restart: again, recompute: forward,
                pause: [{while: kind == 'lost'}, {from: acknowledge, until: [propose, reject], up_to: 5 days, then: {remind: owner}}]}
      calling:
        within: [{before: promised_on, is: 1 day}, {latest of: [1 day, {earliest of: [promised_on, 3 * amount hours]}]}]
        from: opened
        until: acknowledge
      sign_of_life: {every: 1 month, at_most: 12, from: opened, until: inform}
    notices:
      receipt: {to: customer, via: [email, sms], mandatory: true, contains: [number, clock total]}
      refusal: {to: customer, via: email}
      urging:  {to: [owner, superior of owner], via: [email, chat]}
    """)


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """The text with each passage replaced; every one must be there."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def place(text: str, passage: str) -> str:
    """Line and column at which a passage first stands, as problems give them."""
    before = text[: text.index(passage)].split("\n")
    return f"{len(before)}:{len(before[-1]) + 1}"


def definition_in(text: str) -> Definition:
    """The definition that a YAML text says, which must be without problems."""
    definition, problems = problems_and_definition(text)
    assert problems == [] and definition is not None, [str(p) for p in problems]
    return definition


def problems_in(text: str) -> list[str]:
    """What is wrong with a YAML text, as people see it."""
    return [str(problem) for problem in problems_and_definition(text)[1]]


def problems_and_definition(text: str) -> tuple[Definition | None, list[Problem]]:
    tree = read_tree(text, "p.yaml")
    definition: Any = None
    problems: list[Problem] = []
    if tree.value is not None:
        definition, problems = read(Definition, tree.value, tree)
    return definition, [*tree.problems, *problems]


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files into a folder, making the folders between."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def bundle_problems(folder: Path) -> list[str]:
    """What is wrong with a bundle, with paths relative to it."""
    _, problems = read_bundle(folder)
    return [str(problem).replace(f"{folder}/", "") for problem in problems]
