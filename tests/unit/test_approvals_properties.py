"""Votes: the order of the answers changes nothing, nobody decides without a quorum, nobody counts twice, and an oracle agrees."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from specimen import DEFINITION, OPENED, ORGANISATION, a_case

from engine.deciding.approvals import Outcome, Panel, tally
from engine.deciding.request_record import Request, RequestKind, Vote, Word, request_from, request_json
from engine.deciding.rights import Actor
from engine.defining.definition import Approval, Who, WhoKind
from engine.defining.organisation import Group, Organisation, Person

RULES = st.sampled_from(["majority", "unanimous", "2/3", "1/2", "3/4"])
WORDS = st.sampled_from(list(Word))


def oracle(words: list[Word], quorum: int, rule: str) -> Outcome:
    """What a vote comes to once everybody has answered, as a person would count it."""
    yes, no = words.count(Word.YES), words.count(Word.NO)
    if yes + no + words.count(Word.ABSTAIN) < quorum:
        return Outcome.TOO_FEW
    share = Fraction(yes, yes + no) if yes + no else Fraction(0)
    agreed = {"majority": share > Fraction(1, 2), "unanimous": share == 1}.get(rule, share >= Fraction(rule) if "/" in rule else False)
    return Outcome.APPROVED if agreed else Outcome.DECLINED


@given(st.lists(WORDS, min_size=1, max_size=5), st.integers(1, 5), RULES)
def test_any_order_of_answers_comes_to_what_an_oracle_counts(words: list[Word], quorum: int, rule: str) -> None:
    expected = oracle(words, quorum, rule)
    for order in set(permutations(words)):
        found, cast = Outcome.PENDING, 0
        for place in range(len(order) + 1):
            so_far = order[:place]
            yes, no, abstain = (so_far.count(word) for word in (Word.YES, Word.NO, Word.ABSTAIN))
            found, cast = tally(yes, no, abstain, len(order) - place, quorum, rule), yes + no + abstain
            if found is not Outcome.PENDING:
                break
        assert found is expected
        assert found is Outcome.TOO_FEW or cast >= quorum      # never decided by fewer than the quorum


def house(members: int) -> Organisation:
    people = {f"p{n}": Person(id=f"p{n}", name=f"P{n}", roles=("manager", "director")) for n in range(members)}
    group = Group(id="board", members=tuple(people))
    return replace(ORGANISATION, people=people, groups={"board": group})


@given(st.integers(2, 6), st.lists(st.tuples(st.integers(0, 6), WORDS), max_size=12), st.booleans())
def test_nobody_counts_twice_nor_who_asked(members: int, answers: list[tuple[int, Word]], both: bool) -> None:
    """Whoever tries again and again, through every role and group: each person has one answer, and who asked has none."""
    parts = [Approval(of=Who(WhoKind.NAMED, "board"), quorum=2)]
    parts += [Approval(of=Who(WhoKind.NAMED, role)) for role in ("manager", "director")] if both else []
    panel = Panel(DEFINITION, a_case(), house(members), lambda name: None, OPENED)
    request = Request(7, RequestKind.ACTION, "propose", "p0", None, datetime(2026, 11, 20, tzinfo=UTC), tuple(parts))
    for person, word in answers:
        actor = Actor(f"p{person}")
        places = panel.places(request, actor)
        if places:
            request.votes.append(Vote(actor.id, None, word, places))
    voters = [vote.by for vote in request.votes]
    assert len(voters) == len(set(voters)) and "p0" not in voters and set(voters) <= panel.organisation.people.keys()
    singles = [place for vote in request.votes for place in vote.parts if not parts[place].votes]
    assert all(len([place for place in vote.parts if not parts[place].votes]) <= 1 for vote in request.votes)
    assert all(singles.count(place) <= 1 or Word.ABSTAIN in [v.word for v in request.votes] or Word.CONFLICT in
               [v.word for v in request.votes] for place in set(singles))
    assert request_from(request_json(request)) == request
