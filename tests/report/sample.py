"""A small kit and the events of interviews made with it, for the report's tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contract import events as ev
from contract.envelope import WireModel
from contract.events import Event, EventType, ObjectRef, WordModel, make_event
from contract.kit import Consent, Kit, Question, QuestionKind, Stage
from contract.manifest import Receipt

INTERVIEW = "5f0c1c52-7f0e-4a53-9d39-3f2f6f1f2b11"
KEY = bytes(range(32))
START = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HOSTILE = '#import "x" <script>alert(1)</script> $x^2$ \\u{41} @ref *bold* \x07\x1b[31m\u202egnp.exe'


def kit() -> Kit:
    consent = Consent(version="2026-01", purpose="p", full_text="f", deletion="d")
    return Kit(
        kit_id="sales",
        version=3,
        organisation={"zh_CN": "远山科技", "en": "Farhill"},
        department_id="sales",
        department={"zh_CN": "市场部", "en": "Marketing"},
        position={"zh_CN": "市场专员", "en": "Marketing officer"},
        consent=consent,
        guide="g",
        encryption_key="AA",
        stages=[
            Stage(
                stage_id="intro",
                title={"zh_CN": "自我介绍", "en": "Introduction"},
                questions=[
                    _question("q1", QuestionKind.VIDEO, "请介绍一下您自己。", "Please introduce yourself."),
                    _question("q2", QuestionKind.AUDIO, "请讲一次团队合作。", "Tell us about working in a team."),
                ],
            ),
            Stage(
                stage_id="skills",
                title={"zh_CN": "专业问题", "en": "Skills"},
                questions=[
                    _question("q3", QuestionKind.TEXT, "您最早何时到岗?", "When can you start?"),
                    Question(
                        question_id="q4",
                        kind=QuestionKind.MULTIPLE_CHOICE,
                        prompt={"zh_CN": "您会哪些语言?", "en": "Which languages do you speak?"},
                        choices=[{"zh_CN": "英语", "en": "English"}, {"zh_CN": "法语", "en": "French"}],
                    ),
                ],
            ),
        ],
    )


def _question(question_id: str, kind: QuestionKind, zh: str, en: str) -> Question:
    return Question(question_id=question_id, kind=kind, prompt={"zh_CN": zh, "en": en})


class Story:
    """Appends events with the next number, one minute apart."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, kind: EventType, data: WireModel, sealed: WireModel | None = None) -> Story:
        seq = len(self.events) + 1
        at = START + timedelta(minutes=seq)
        event = make_event(
            interview_id=INTERVIEW,
            seq=seq,
            kind=kind,
            at=at,
            device_id="d1",
            data=data,
            sealed=sealed,
            interview_key=KEY,
        )
        self.events.append(event)
        return self

    def started(self) -> Story:
        data = ev.StartedData(
            invitation_id="i1",
            kit_id="sales",
            kit_version=3,
            attempt=1,
            wrapped_key="w",
            language="zh_CN",
            app_version="0.1.0",
            environment={
                "os": "Windows 11",
                "battery_percent": 81.0,
                "on_mains": False,
                "free_disk_bytes": 52_000_000_000,
            },
        )
        self.add(EventType.STARTED, data)
        return self.add(EventType.CONSENTED, ev.ConsentedData(consent_version="2026-01", recording=True, scoring=False))

    def spoken(
        self, question_id: str, kind: QuestionKind, words: list[WordModel], *, text: str, language: str = "zh"
    ) -> Story:
        answer_id = f"a-{question_id}-{len(self.events)}"
        data = ev.AnswerData(
            answer_id=answer_id,
            question_id=question_id,
            kind=kind,
            take=2,
            takes_used=2,
            duration=42.4,
            thinking_used=12.0,
            objects=[ObjectRef(object_id=f"o{len(self.events)}", media_type="video/webm", size=4096, sha256="ab" * 32)],
        )
        self.add(EventType.ANSWER_SAVED, data)
        heard = ev.TranscribedData(answer_id=answer_id, model="small@1a2b3c", language=language, words=len(words))
        return self.add(EventType.TRANSCRIBED, heard, ev.TranscribedSealed(text=text, words=words))

    def corrected(self, text: str, *, heard: int = -1) -> Story:
        """``heard``: which of the transcripts so far."""
        answer_id = [e.data["answer_id"] for e in self.events if e.kind is EventType.TRANSCRIBED][heard]
        return self.add(EventType.CORRECTED, ev.CorrectedData(answer_id=answer_id), ev.CorrectedSealed(text=text))

    def written(self, question_id: str, text: str) -> Story:
        data = ev.AnswerData(
            answer_id=f"a-{question_id}",
            question_id=question_id,
            kind=QuestionKind.TEXT,
            take=1,
            takes_used=1,
            duration=0,
        )
        return self.add(EventType.ANSWER_SAVED, data, ev.AnswerSealed(text=text))

    def chosen(self, question_id: str, choices: list[int]) -> Story:
        data = ev.AnswerData(
            answer_id=f"a-{question_id}",
            question_id=question_id,
            kind=QuestionKind.MULTIPLE_CHOICE,
            take=1,
            takes_used=1,
            duration=0,
        )
        return self.add(EventType.ANSWER_SAVED, data, ev.AnswerSealed(choices=choices))

    def paused(self, reason: str, words: str) -> Story:
        data = ev.ExitData(reason=reason, environment={"network": "offline", "errors": ["camera_lost"]}, unanswered=2)
        return self.add(EventType.PAUSED, data, ev.ExitSealed(words=words))

    def abandoned(self, reason: str, words: str) -> Story:
        return self.add(EventType.ABANDONED, ev.ExitData(reason=reason, unanswered=3), ev.ExitSealed(words=words))

    def resumed(self) -> Story:
        return self.add(EventType.RESUMED, ev.ResumedData(environment={"network": "online"}))

    def finished(self) -> Story:
        self.add(EventType.FINISHED, ev.FinishedData(answers=4))
        ratings = ev.QuestionnaireData(entrance_clear=5, flow_smooth=4)
        return self.add(EventType.QUESTIONNAIRE, ratings, ev.QuestionnaireSealed(words="提示很清楚"))


def word(text: str, start: float, end: float, probability: float = 0.9) -> WordModel:
    return WordModel(text=text, start=start, end=end, probability=probability)


def chinese() -> list[WordModel]:
    return [
        word("我", 0.5, 0.7),
        word("做过", 0.7, 1.2),
        word("三年", 1.2, 1.7, 0.31),
        word("市场", 3.0, 3.5),
        word("工作", 3.5, 4.1),
    ]


def english() -> list[WordModel]:
    return [word(" We", 0.2, 0.4), word(" shipped", 0.4, 0.9, 0.4), word(" it", 0.9, 1.0), word(" together.", 1.4, 2.2)]


def complete() -> Story:
    story = Story().started().spoken("q1", QuestionKind.VIDEO, chinese(), text="我做过三年,市场工作。")
    story.corrected("我做过五年市场工作。").paused("network", "会场断网了").resumed()
    story.spoken("q2", QuestionKind.AUDIO, english(), text="We shipped it together.", language="en")
    return story.written("q3", "下个月一号\n或者更早").chosen("q4", [0, 1]).finished()


def unfinished() -> Story:
    story = Story().started().spoken("q1", QuestionKind.VIDEO, chinese(), text="我做过三年,市场工作。")
    return story.abandoned("other", "家里有急事")


def receipt(last: int) -> Receipt:
    return Receipt(
        receipt_id="b2b0a1de-7c5f-4ff2-8f60-0a6a1f1f6d01",
        interview_id=INTERVIEW,
        manifest_digest="cd" * 32,
        serial=last,
        last_seq=last,
        events_digest="ef" * 32,
        objects=[],
        issued_at=NOW,
    )
