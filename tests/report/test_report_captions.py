from __future__ import annotations

from report.captions import webvtt
from report.model import TranscriptInfo
from tests.report import sample as s


def transcript(text: str, words: list[object]) -> TranscriptInfo:
    return TranscriptInfo(text=text, words=words, language="zh", model="m")  # type: ignore[arg-type]


def test_captions_follow_the_word_times_and_break_at_pauses() -> None:
    text = webvtt(transcript("我做过三年,市场工作。", list(s.chinese())))
    assert text.splitlines() == [
        "WEBVTT",
        "",
        "00:00:00.500 --> 00:00:01.700",
        "我做过三年,",
        "",
        "00:00:03.000 --> 00:00:04.100",
        "市场工作。",
    ]


def test_text_cannot_leave_its_cue() -> None:
    hostile = "a --> b\n\nNOTE <b>&\x07"
    text = webvtt(transcript(hostile, [s.word(hostile, 3725.5, 3726)]))
    assert text.splitlines()[2:] == ["01:02:05.500 --> 01:02:06.000", "a --&gt; b  NOTE &lt;b&gt;&amp;\\u{7}"]


def test_silence_gives_no_cue() -> None:
    assert webvtt(transcript("", [])) == "WEBVTT\n"
