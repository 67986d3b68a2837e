"""A question in two languages with answers of known quality, as tests and the table of tricks use them."""

from __future__ import annotations

import random

from assessment.values import Answer, Dimension, Heard, KeyPoint, Question, written

_ZH = ("先倾听客户的诉求并安抚情绪", "道歉并承担责任", "查清问题的原因", "给出解决方案并跟进结果")
_EN = (
    "listen patiently and calm the customer",
    "apologise and take responsibility",
    "find the cause of the problem",
    "offer a solution and follow up",
)
_PROMPTS = {"zh": "如何处理客户投诉？", "en": "How do you handle a customer complaint?"}
_MIDDLING = {
    "zh": (
        "我觉得遇到投诉的时候，首先要耐心地听客户把话说完，安抚他的情绪。"
        "然后我会去查一下问题到底是什么原因造成的，比如是物流还是质量。"
    ),
    "en": (
        "When a customer complains I first listen to them until they are done so that they calm down. "
        "Then I try to find out what actually caused the trouble, for example whether it was the shipping."
    ),
}
_REST = {
    "zh": "我会真诚地向客户道歉，承担我们的责任。最后提出一个解决方案，并且持续跟进结果，直到客户满意为止。",
    "en": (
        " I apologise honestly because it is our responsibility. In the end I offer them a solution such as a refund "
        "and follow up with a call next week."
    ),
}
_UNRELATED = {
    "zh": (
        "我去年在一家餐厅工作，当时我负责采购。首先我联系了很多农场，然后比较价格，最后选了质量好的。"
        "结果成本降低了，总之我学到了很多。"
    ),
    "en": (
        "Last year I worked in a restaurant where I was responsible for buying. First I called many farms, then I "
        "compared their prices, and finally I chose the freshest food. As a result our costs went down. In conclusion "
        "I learned a lot."
    ),
}
LANGUAGES = ("zh", "en")


def question(language: str) -> Question:
    points = tuple(KeyPoint(text) for text in (_ZH if language == "zh" else _EN))
    return Question("complaint", _PROMPTS[language], (Dimension("problem_solving", points),))


def middling(language: str) -> str:
    return _MIDDLING[language]


def good(language: str) -> str:
    return _MIDDLING[language] + _REST[language]


def tricks(language: str) -> dict[str, str]:
    """Name -> an answer that is made to please a machine, or that says nothing."""
    points = list(_ZH if language == "zh" else _EN)
    space = "" if language == "zh" else " "
    first = _MIDDLING[language].partition("。" if language == "zh" else ".")[0]
    sentence = first + ("。" if language == "zh" else ". ")
    listed = ("，" if language == "zh" else ", ").join(points)
    words = list(listed) if language == "zh" else listed.replace(",", "").split()
    return {
        "question repeated": space.join([_PROMPTS[language]] * 4),
        "key points as a list": listed,
        "key points backwards": ("，" if language == "zh" else ", ").join(reversed(points)),
        "key points scrambled": space.join(words[3::4] + words[1::4] + words[0::4] + words[2::4]),
        "a good answer scrambled": space.join(_shuffled(good(language), language)),
        "a sentence five times": sentence * 5,
        "unrelated and fluent": _UNRELATED[language],
        "twice as long": _MIDDLING[language] + space + _MIDDLING[language],
        "nothing": "",
    }


def _shuffled(text: str, language: str) -> list[str]:
    pieces = list(text) if language == "zh" else text.replace(".", "").replace(",", "").split()
    random.Random(5).shuffle(pieces)
    return pieces


def spoken(text: str, language: str, pause: float = 0.1) -> Answer:
    """With times, as a recogniser gives them."""
    words, at = [], 0.5
    for word in written(text, language).words:
        words.append(Heard(word.text, at, at + 0.3, 0.9))
        at += 0.3 + pause
    return Answer(tuple(words), language, at + 0.5)
