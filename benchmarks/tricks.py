"""What the assessment does with tricks, noise and length: ``python3 dev.py benchmark tricks``.

Four tables, each with what is wanted; the exit code is 1 where one is not reached:

- tricks that are made to please a machine, beside an honest answer of middling quality;
- recognition noise: one word of ten is wrong (Chinese: homophones; English: words that sound alike at best), and how
  far the score moves at the 95th percentile;
- parts that add up and quotes that are there, for 1,000 random answers;
- time to score an answer of two minutes.
"""

from __future__ import annotations

import functools
import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from pypinyin import lazy_pinyin

from assessment.content import Asked, prepare
from assessment.scoring import Score, score
from assessment.units import sound_key
from assessment.values import Answer, Heard, written
from tests.assessment.cases import LANGUAGES, good, middling, question, spoken, tricks

_WRONG = 0.1
_DRAWN = 200
_MOST_MOVE = 5.0
_MOST_SECONDS = 0.05
_RANDOM = 1000


def main() -> int:
    reached = [_tricks(), _noise(), _sums(), _speed()]
    return 0 if all(reached) else 1


def _points(asked: Asked, answer: Answer) -> float:
    return score(asked, answer).whole.points or 0.0


def _tricks() -> bool:
    print(f"{'points of 100':28}" + "".join(f"{language:>8}" for language in LANGUAGES))
    asked = {language: prepare(question(language)) for language in LANGUAGES}
    honest = {language: _points(asked[language], written(middling(language), language)) for language in LANGUAGES}
    good_ones = [_points(asked[language], written(good(language), language)) for language in LANGUAGES]
    _row("honest, good", good_ones)
    _row("honest, middling", list(honest.values()))
    reached = True
    for name in tricks("en"):
        found = {one: _points(asked[one], written(tricks(one)[name], one)) for one in LANGUAGES}
        reached &= all(found[one] <= honest[one] for one in LANGUAGES)
        _row(name, list(found.values()))
    return _told("none above the middling answer", reached)


def _row(name: str, values: list[float]) -> None:
    print(f"{name:28}" + "".join(f"{value:8.1f}" for value in values))


def _noise() -> bool:
    reached = True
    for language in LANGUAGES:
        asked = prepare(question(language))
        draw = random.Random(1)
        for name, text in (("middling", middling(language)), ("good", good(language)), ("long", _long(language))):
            answer = spoken(text, language)
            before = _points(asked, answer)
            moves = sorted(abs(_points(asked, _misheard(answer, draw)) - before) for _ in range(_DRAWN))
            most = moves[int(0.95 * _DRAWN)]
            told = f"median {statistics.median(moves):4.1f}, 95 % under {most:4.1f}"
            print(f"{language} {name:10} {len(answer.words):4} words, {told}")
            reached &= most <= _MOST_MOVE or name != "long"
    return _told(f"{_MOST_MOVE:g} points at most for answers as long as they are in interviews", reached)


def _long(language: str) -> str:
    """As somebody speaks for a minute or two: points come up more than once, in other sentences."""
    return good(language) + (" " if language == "en" else "") + _MORE[language]


def _misheard(answer: Answer, draw: random.Random) -> Answer:
    wrong = set(draw.sample(range(len(answer.words)), max(1, round(_WRONG * len(answer.words)))))
    words = tuple(_other(word, draw) if at in wrong else word for at, word in enumerate(answer.words))
    return replace(answer, words=words)


def _other(word: Heard, draw: random.Random) -> Heard:
    sound = _sound(word.text)
    alike = [one for one in _homophones().get(sound, ()) if one != word.text]
    if sound and alike:
        return replace(word, text=draw.choice(alike), probability=0.5)
    near = [one for one in _VOCABULARY if sound_key(one)[:2] == sound_key(word.text.lower())[:2] and one != word.text]
    return replace(word, text=draw.choice(near or _VOCABULARY), probability=0.5)


@functools.cache
def _homophones() -> dict[str, list[str]]:
    """Sound -> common characters (GB 2312, level one) that have it."""
    found: dict[str, list[str]] = {}
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            character = bytes((high, low)).decode("gb2312", "ignore")
            found.setdefault(_sound(character), []).append(character)
    return found


def _sound(character: str) -> str:
    return lazy_pinyin(character)[0] if "\u4e00" <= character <= "\u9fff" else ""


def _sums() -> bool:
    draw = random.Random(2)
    wrong = 0
    for at in range(_RANDOM):
        language = LANGUAGES[at % 2]
        words = (
            (good(language) + tricks(language)["unrelated and fluent"]).split()
            if language == "en"
            else list(good(language))
        )
        answer = spoken(" ".join(draw.choices(words, k=draw.randrange(0, 120))), language)
        found = score(question(language), answer)
        wrong += not all(_whole(one, answer) for one in (found.whole, *found.dimensions.values()))
    return _told(f"parts add up and quotes are there: {_RANDOM - wrong} of {_RANDOM}", wrong == 0)


def _whole(one: Score, answer: Answer) -> bool:
    places = [quote for part in one.parts for quote in part.quotes]
    there = all(
        (quote.start, quote.end) == (answer.words[quote.first].start, answer.words[quote.last].end) for quote in places
    )
    return there and sum(part.hundredths for part in one.parts) == (one.hundredths or 0)


def _speed() -> bool:
    reached = True
    for language in LANGUAGES:
        asked = prepare(question(language))
        times = [_seconds(asked, answer) for answer in _two_minutes(language)]
        median = statistics.median(times)
        reached &= median < _MOST_SECONDS
        print(f"{language}: two minutes of speech in {1000 * median:.0f} ms (median of {len(times)} different answers)")
    return _told(f"under {1000 * _MOST_SECONDS:g} ms", reached)


def _two_minutes(language: str) -> Iterator[Answer]:
    draw = random.Random(3)
    words = _long(language).split() if language == "en" else list(_long(language))
    for _ in range(20):
        yield spoken(" ".join(draw.choices(words, k=300 if language == "en" else 480)), language)


def _seconds(asked: Asked, answer: Answer) -> float:
    began = time.process_time()
    score(asked, answer)
    return time.process_time() - began


def _told(what: str, reached: bool) -> bool:
    print(f"{what}: {'reached' if reached else 'NOT REACHED'}\n", flush=True)
    return reached


_MORE = {
    "zh": (
        "我举一个例子，有一次一位顾客非常生气，说收到的东西坏了。我没有打断他，一直听他讲，让他的情绪慢慢平复下来。"
        "接着我向他道歉，说这个责任在我们，不在他。我请仓库的同事一起查，原因是包装太薄，运输的时候压坏了。"
        "我给他两个解决方案，换一个新的或者退款，他选了换新。过了几天我又打电话跟进，问他新的收到没有，结果他很满意，"
        "后来还给我们写了好评。从那以后，我们把包装也改了，类似的投诉少了很多。"
    ),
    "en": (
        "Let me give you an example. Once a customer was very angry because what she had ordered came broken. I "
        "did not interrupt her, I listened patiently until she was calm. Then I apologised and said that the "
        "responsibility was ours and not hers. I asked the people in the warehouse to find the cause with me, and "
        "the problem was that the box was too thin. I offered two solutions, a new one or her money back, and she "
        "took the new one. A few days later I called her to follow up and asked whether it had come. She was "
        "happy, and since then we use better boxes, so such complaints have become rare."
    ),
}
_VOCABULARY = sorted({word.strip(".,").lower() for text in _MORE.values() for word in text.split() if word.isascii()})

if __name__ == "__main__":
    sys.exit(main())
