"""The frozen values of a questionnaire: what customers are asked about a service, who of them, when, and how their answers are read.

A questionnaire belongs to a bundle (`surveys/<name>.yaml`) and is published with it; `survey: <name>` in the procedure sends it. Its keys
are declared like those of a procedure (`engine.defining.definition`).
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from engine.defining.vocabulary import Expression, Text, Who, derived, item
from engine.ground.duration import Duration, Unit
from engine.ground.valueclass import valueclass

MOST_LEVELS = 11


@valueclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, answered by a level of the scale: how it was and, where that is asked too, what the customer had expected."""

    name: str
    ask: Text = item("how it was: the question as customers read it")
    expected: Text = item("what the customer expected: a second question, on the same scale; without it only how it was", factory=Text)


@valueclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One side of the service that is judged, by one question or several."""

    name: str
    title: Text = item("what people call it", factory=Text)
    weight: Decimal | None = item("how much it counts beside the others; where no factor has one, all count alike", None)
    follows: tuple[str, ...] = item("the factors that it follows from, in the path model", ())
    items: Mapping[str, Question] = item("its questions; a question alone is short for `{ask: …}`")


@valueclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How large a part of the customers is asked: all of them, a share, or as many as a wanted precision needs."""

    when: Expression | None = item("the stratum: cases of which this holds; the first that holds counts", None)
    share: Decimal | None = item("the share that is asked, `30%`; `100%` asks all", None)
    precision: Decimal | None = item(
        "instead: half the interval of 95 % in which a share shall be known, `5%`; with `population` it says how many answers that takes",
        None,
    )
    population: int | None = item("with `precision`: how many customers come in the time of which the survey shall speak", None)
    response: Decimal | None = item("with `precision`: the share of those asked who can be expected to answer; otherwise all", None)


@valueclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A questionnaire, whole."""

    name: str = derived(str)
    title: Text = item("what it is called, for customers too")
    levels: tuple[Text, ...] = item("the scale, from worst to best: a list of words, or how many levels there are (2 to 11)")
    factors: Mapping[str, Factor] = item("what is judged, in the order in which it is asked")
    overall: str | None = item(
        "the factor that judges the whole: not part of the index, but what weights are derived from and what the path model explains", None
    )
    comment: Text = item("a question answered in free words, at the end; personal data. Without it none is asked", factory=Text)
    sample: tuple[Sample, ...] = item("who is asked: a share, or strata with a share each; without it everybody", ())
    via: tuple[str, ...] = item("channels of the invitation in order, the first that reaches")
    after: Duration | None = item("how long after the doing the invitation is sent; without it at once", None)
    remind: Duration | None = item("how long after the invitation those who have not answered are reminded, once; without it never", None)
    closes: Duration = item("how long after the invitation answers are taken", Duration(Decimal(14), Unit.DAYS))
    by: tuple[Who, ...] = item("who may enter what customers answer by telephone or on paper; silence denies", ())
    invitation: Text = item("why and for what customers are asked, in the invitation and above the questions")
    opt_out: Text = item("what customers are told about not being asked again")

    def items(self) -> Iterator[tuple[Factor, Question]]:
        """Every question with its factor, in the order asked."""
        for factor in self.factors.values():
            for question in factor.items.values():
                yield factor, question

    @property
    def judged(self) -> tuple[Factor, ...]:
        """The factors that the index is made of: all but the one that judges the whole."""
        return tuple(factor for factor in self.factors.values() if factor.name != self.overall)
