"""What takes points away again: answers made to please a machine. Each guard is a factor 0..1 on the points before it.

Said twice counts once (:func:`assessment.units.said_once`), so that needs no guard. No guard looks at how somebody
speaks. All are mild within what honest answers do, which benchmarks/gaming.py shows in a table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from assessment import wordlists
from assessment.content import Asked, Met
from assessment.matching import Side, by_words
from assessment.parts import Guard
from assessment.units import stem, units_of
from assessment.values import Answer

_SAME = 0.8
_OWN_PER_POINT = 2.5  # words of one's own for each point made
_LEFT_OF_LIST = 0.08
_LEFT_OF_SCRAMBLE = 0.08
_IN_ORDER = 0.4
# share of articles, prepositions, subjects, verbs and the like before a word that cannot follow: in sentences of which
# recognition has lost a tenth, and in words in no order; and how much likelier the second must be (natural logarithm)
# until something is taken, and until all is. Few joints say little, so that one wrong word never turns the guard
_IN_SENTENCES, _IN_NO_ORDER = 0.035, 0.22
_JOINTS = (2.0, 4.0)
_FEWEST_HANZI = 20
_FEWEST_FITS = 8
_FITTING = (0.1, 0.22)  # share of fitting neighbours: all taken, nothing taken
_REPEATED = (0.5, 0.8)  # share of an answer that was said before: nothing taken, all taken
_LEFT_OF_REPEATED = 0.2
_HANZI = re.compile(r"[\u3400-\u9fff]")
_SHARE_OF_ITS_SUBJECT, _TOPIC_OF_ITS_SUBJECT = 0.5, 0.6
FORM_ALONE = 0.4

_GOES_BEFORE = {one[0]: frozenset(one[1:]) for one in wordlists.GO_BEFORE.split()}
_GOES_AFTER = {one[0]: frozenset(one[1:]) for one in wordlists.GO_AFTER.split()}
# article, preposition, subject, verb and the like -> what no English sentence has after it, both as stems
_CANNOT_FOLLOW = {
    **{stem(word): frozenset(map(stem, wordlists.NOT_AFTER_ARTICLES)) for word in wordlists.ARTICLES},
    **{stem(word): frozenset(map(stem, wordlists.NOT_AFTER_PREPOSITIONS)) for word in wordlists.PREPOSITIONS},
    **{stem(word): frozenset(map(stem, wordlists.NOT_AFTER_SUBJECTS)) for word in wordlists.SUBJECTS},
    **{stem(word): frozenset(map(stem, wordlists.NOT_AFTER_MODALS)) for word in wordlists.MODALS},
    **{stem(word): frozenset(map(stem, wordlists.NOT_AFTER_JOINING)) for word in wordlists.JOINING},
    **{stem(word): frozenset(map(stem, wordlists.NOT_AFTER_BEING)) for word in wordlists.BEING},
    "to": frozenset(map(stem, wordlists.NOT_AFTER_TO)),
}


def factors(asked: Asked, found: Sequence[Met], answer: Answer, said: Side) -> dict[Guard, float]:
    """Guards that take something, as factors under 1. ``said``: the answer, once each."""
    if not said.terms:
        return {}
    own = words_of_its_own(asked, said)
    made = {
        Guard.ECHO: _echo(asked, said),
        Guard.REPEATED: _repeated(answer, said),
        Guard.LISTED: _listed(found, own),
        Guard.SCRAMBLED: min(_scrambled(found, said), _out_of_joint(said), _out_of_joint_hanzi(answer.text)),
    }
    return {guard: factor for guard, factor in made.items() if factor < 1}


def about(share: float, topic: float) -> float:
    """What is left of an answer's points when ``share`` of what was wanted is said: little for another subject. Words
    of the question's subject (``topic``) tell too that somebody speaks to it, whatever they say of it."""
    return min(1.0, (share / _SHARE_OF_ITS_SUBJECT) ** 2 + topic / _TOPIC_OF_ITS_SUBJECT)


def form_alone(topic: float, earned: float) -> float:
    """What is left of points, 0..1 of ``earned`` (0..1), where no key points say what an answer should say: how
    something is said cannot earn more than a middling answer's points unless it is about the question."""
    if earned <= FORM_ALONE:
        return 1.0
    return (FORM_ALONE + topic * (earned - FORM_ALONE)) / earned


def words_of_its_own(asked: Asked, answer: Side) -> float:
    """Different content words that are neither in the question nor in any key point; two syllables are a word."""
    given = set(_content(asked.prompt))
    for one in asked.wanted:
        given.update(*(_content(ours) for ours, _ in one.ways))
    own = [hanzi for form, hanzi in _content(answer).items() if form not in given]
    return sum(0.5 if hanzi else 1.0 for hanzi in own)


def _content(text: Side) -> dict[str, bool]:
    """Stems and syllables that carry meaning -> whether Chinese."""
    return {unit.form: unit.hanzi for unit in text.units if not unit.plain}


def _echo(asked: Asked, answer: Side) -> float:
    """An answer of the question's words only says nothing."""
    if not asked.prompt.terms:
        return 1.0
    forms = list(dict.fromkeys(answer.forms))
    new = int((by_words(forms, asked.prompt.forms).max(axis=1, initial=0) < _SAME).sum())
    return min(1.0, new / max(2.0, 0.15 * len(forms)))


def _repeated(answer: Answer, said: Side) -> float:
    """An answer that is mostly the same once more; saying everything twice is no trick, it only earns nothing."""
    low, high = _REPEATED
    again = 1 - len(said.units) / max(1, len(units_of(answer.words)))
    return 1 - (1 - _LEFT_OF_REPEATED) * min(1.0, max(0.0, (again - low) / (high - low)))


def _listed(found: Sequence[Met], own: float) -> float:
    """Three or more points with hardly a word between them are read off a list. Not for model answers."""
    points = sum(one.strength for one in found if not one.wanted.whole)
    if points < 1.5:
        return 1.0
    return _LEFT_OF_LIST + (1 - _LEFT_OF_LIST) * min(1.0, own / (_OWN_PER_POINT * points))


def _scrambled(found: Sequence[Met], answer: Side) -> float:
    """The words of a text in an order that is not its own, where nearly nothing else is said."""
    worst = 1.0
    for one in found:
        for ours, _ in one.wanted.ways:
            ordered = _in_order(ours.forms, answer.forms)
            if ordered is not None:
                worst = min(worst, _LEFT_OF_SCRAMBLE + (1 - _LEFT_OF_SCRAMBLE) * min(1.0, ordered / _IN_ORDER))
    return worst


def _out_of_joint(answer: Side) -> float:
    """English words in no order: articles before verbs, prepositions before conjunctions. A word that recognition got
    wrong leaves most of them in place, and what is said twice (the do … the do) is wrong once."""
    low, high = _JOINTS
    units = [unit for unit in answer.units if unit.form not in wordlists.HESITATIONS and not unit.hanzi]
    wrong: dict[tuple[str, str], float] = {}
    right = 0.0
    for one, other in pairwise(units):
        if one.form in _CANNOT_FOLLOW and one.form != other.form:
            sure = 1 - max(one.doubt, other.doubt)
            if other.form in _CANNOT_FOLLOW[one.form]:
                wrong[one.form, other.form] = max(sure, wrong.get((one.form, other.form), 0.0))
            else:
                right += sure
    likelier = sum(wrong.values()) * math.log(_IN_NO_ORDER / _IN_SENTENCES)
    likelier += right * math.log((1 - _IN_NO_ORDER) / (1 - _IN_SENTENCES))
    return 1 - (1 - _LEFT_OF_SCRAMBLE) * min(1.0, max(0.0, (likelier - low) / (high - low)))


def _out_of_joint_hanzi(text: str) -> float:
    """Chinese characters in no order: 虽 without 然, 们 after anything. In sentences, also when a character of ten is
    another one, at least every third has the neighbour it is nearly always seen with, in no order one of five."""
    characters = _HANZI.findall(text)
    if len(characters) < _FEWEST_HANZI:
        return 1.0
    from zhconv import convert  # late: its table takes a moment

    characters = list(convert("".join(characters), "zh-hans"))
    fits = [after in _GOES_BEFORE[one] for one, after in pairwise(characters) if one in _GOES_BEFORE]
    fits += [before in _GOES_AFTER[one] for before, one in pairwise(characters) if one in _GOES_AFTER]
    low, high = _FITTING
    if len(fits) < _FEWEST_FITS:
        return 1.0
    return 1 - (1 - _LEFT_OF_SCRAMBLE) * min(1.0, max(0.0, (high - sum(fits) / len(fits)) / (high - low)))


def _in_order(wanted: Sequence[str], said: Sequence[str]) -> float | None:
    """Of neighbours in what was said that both are in the text, the share that are neighbours in it, in this order.
    Words of the text that were not said (or not heard) part nobody. None where it is not nearly a copy."""
    places = {form: at for at, form in reversed(list(enumerate(wanted)))}
    there = sorted({places[form] for form in said if form in places})
    rank = {place: at for at, place in enumerate(there)}
    taken = [rank[places[form]] for form in said if form in places]
    if len(taken) < 6 or len(taken) < 0.75 * len(said) or len(set(taken)) < 0.6 * len(places):
        return None
    pairs = list(pairwise(taken))
    return sum(after - before == 1 for before, after in pairs) / len(pairs)
