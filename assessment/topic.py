"""Whether an answer is about its question, where no key points say what it should say.

Told by words that question and answer share (also in other words: :mod:`assessment.thesaurus`), by words of the
question's subject, and by meaning where there is a model. How a question is put (tell, describe, 请讲一次) says
nothing, and neither do stretches of the question that are read out again.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assessment.manner import Seen
from assessment.matching import Side, meanings
from assessment.sound import alike
from assessment.thesaurus import ASKING, SUBJECTS
from assessment.units import Term, Unit, places_of, terms_of, units_of_text
from assessment.wordlists import GENERAL

_READ_OUT = 4  # units in a row
_OF_THE_SUBJECT, _GENERAL_OF_IT = 0.5, 0.25  # beside a word of the question itself; of those that any talk may have
_DOUBTFUL_ALONE = 0.7  # what doubtful words tell at most where nothing else does
_MOST_DOUBTFUL, _NEAR = 0.4, 0.45  # share of doubtful words that tell nothing any more; likeness from which one tells
_GENERAL_ASKED = 0.3  # a word of the question that any talk may have
# this many words of the question, and one more for each hundred words of content, say that an answer is about it
_ENOUGH, _PER_UNIT = 1.5, 0.01
_CHANCE = 0.3  # of that any talk may have
_MEANING = (0.2, 0.45)  # cosine of the whole question and the whole answer: of something else, of this


@dataclass(frozen=True)
class Subject:
    """``own``: terms of the question that say what it is about; ``wanted``: those of its key points; ``words``: others
    of its subject, as units' forms."""

    own: tuple[str, ...]
    wanted: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]

    @property
    def known(self) -> bool:
        return bool(self.own or self.words)


@functools.lru_cache(maxsize=1_000)
def subject_of(text: str, wanted: str = "") -> Subject:
    """Of a question's prompt, with what else names its subject (the position, its skills). ``wanted``: key points."""
    units = units_of_text(text)
    subjects = [words for words in _subjects() if any(places_of(units, word) for word in words)]
    around = tuple(dict.fromkeys(word for words in subjects for word in words if not places_of(units, word)))
    own = _telling(units)
    others = tuple(form for form in _telling(units_of_text(wanted)) if form not in own and not _any_talk(form))
    return Subject(own, others, around)


def _telling(units: Sequence[Unit]) -> tuple[str, ...]:
    asking = {at for words in _asking() for span in places_of(units, words) for at in span}
    return tuple(dict.fromkeys(term.form for term in terms_of([u for at, u in enumerate(units) if at not in asking])))


def topicality(subject: Subject, prompt: Side, said: Side) -> Seen:
    """0: nothing tells that the answer is about the question, to 1, and the words that tell. 1 where the question names
    no subject."""
    if not subject.known:
        return Seen(1.0)
    own = without_reading_out(said.units, prompt.units)
    terms = terms_of(own)
    by_form = {term.form: term for term in reversed(terms)}
    shared = _shared(subject.own, by_form)
    wanted = {form: by_form[form] for form in subject.wanted if form in by_form}
    around = {word: places[0] for word in subject.words if (places := places_of(own, word))}
    content = sum(not unit.plain for unit in own)
    told = sum(_GENERAL_ASKED if _any_talk(form) else 1.0 for form in shared)
    told += _OF_THE_SUBJECT * len(wanted)
    told += sum(_GENERAL_OF_IT if word in _general() else _OF_THE_SUBJECT for word in around)
    told += _heard_instead([form for form in subject.own if form not in shared], terms, told)
    by_word = told / (_ENOUGH + _PER_UNIT * content)
    spans = [(term.first, term.last) for term in (*shared.values(), *wanted.values())] + [
        (own[at[0]].word, own[at[-1]].word) for at in around.values()
    ]
    linear = min(1.0, max((by_word - _CHANCE) / (1 - _CHANCE), _by_meaning(prompt, said), 0.0))
    value = 1 - (1 - linear) ** 2  # the first words tell most: one that recognition lost costs little among others
    return Seen(value, tuple(sorted(set(spans))) if value else ())


def _shared(asked: Sequence[str], by_form: Mapping[str, Term]) -> dict[str, Term]:
    """For each term of the question one of the answer that is the same or means the same. Not by likeness of sound or
    spelling: in a talk of two minutes something sounds like anything."""
    by_meaning = {line: term for form, term in by_form.items() for line in meanings(form)}
    found = {}
    for form in asked:
        same = by_form.get(form) or next((by_meaning[line] for line in meanings(form) if line in by_meaning), None)
        if same is not None:
            found[form] = same
    return found


def _heard_instead(missing: Sequence[str], said: Sequence[Term], told: float) -> float:
    """What doubtful words tell that sound like a word of the question: hardly more than was surely
    said; and less the more words are doubtful, as among many there is always one that sounds like any other."""
    doubtful = [term for term in said if term.doubt and not term.hanzi]
    few = max(0.0, 1 - len(doubtful) / (_MOST_DOUBTFUL * max(1, len(said))))
    near = {form: [(alike(form, term.form), term.doubt) for term in doubtful] for form in missing} if few else {}
    found = [max((like * doubt for like, doubt in one if like >= _NEAR), default=0.0) for one in near.values()]
    return few * min(max(told, _DOUBTFUL_ALONE), sum(found))


def _any_talk(form: str) -> bool:
    return tuple(form.split()) in _general()


def _by_meaning(prompt: Side, said: Side) -> float:
    if prompt.whole is None or said.whole is None:
        return 0.0
    low, high = _MEANING
    return float(np.clip((float(prompt.whole @ said.whole) - low) / (high - low), 0, 1))


def without_reading_out(said: Sequence[Unit], prompt: Sequence[Unit]) -> list[Unit]:
    """What was said but for stretches of the question."""
    forms, asked = [unit.form for unit in said], [unit.form for unit in prompt]
    runs = {tuple(asked[at : at + _READ_OUT]) for at in range(len(asked) - _READ_OUT + 1)} or {tuple(asked)}
    long = min(_READ_OUT, len(asked))
    read = {
        place
        for at in range(len(forms) - long + 1)
        if tuple(forms[at : at + long]) in runs
        for place in range(at, at + long)
    }
    return [unit for at, unit in enumerate(said) if at not in read]


@functools.cache
def _subjects() -> tuple[tuple[tuple[str, ...], ...], ...]:
    return tuple(_words(line) for lines in SUBJECTS.values() for line in lines)


@functools.cache
def _general() -> frozenset[tuple[str, ...]]:
    return frozenset(word for line in GENERAL.values() for word in _words(line))


@functools.cache
def _asking() -> tuple[tuple[str, ...], ...]:
    return tuple(word for line in ASKING.values() for word in _words(line))


def _words(line: str) -> tuple[tuple[str, ...], ...]:
    return tuple(dict.fromkeys(tuple(unit.form for unit in units_of_text(word)) for word in line.split()))
