"""Why a report that a device prints has no score, in words for the page."""

from __future__ import annotations

from enum import Enum, auto

from report.words import texts


class Unscored(Enum):
    """``WORDS``: not all answers are recognised yet; ``ELSEWHERE``: another device had a part of the interview;
    ``MODEL``: something to score with is not on this device."""

    WORDS = auto()
    ELSEWHERE = auto()
    MODEL = auto()


def unscored_words(why: Unscored, language: str) -> str:
    t = texts(language).gettext
    return {
        Unscored.WORDS: t(
            "No score on this page: the words of an answer are not recognised yet. Print it again later."
        ),
        Unscored.ELSEWHERE: t(
            "No score on this page: a part of the interview was given on another device. HR makes it."
        ),
        Unscored.MODEL: t("No score on this page: this device lacks something to score with. HR makes it."),
    }[why]
