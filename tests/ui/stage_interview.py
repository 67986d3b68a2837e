"""The interview that stands on the stage: its kit, questions, takes, words and receipts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.interview.model import Proof, Transcript, Word
from app.interview.states import InterviewState, TakeState
from app.interview.views import (
    Certificate,
    InterviewSummary,
    LateAnswer,
    LateWords,
    MessageView,
    ReceiptLine,
    ReceiptView,
    Step,
    TakeReview,
)
from backend.services.media_check import examine
from contract.canonical import sha256_hex
from contract.events import HrState
from contract.kit import Kit
from contract.kit_media import PromptMedia
from contract.parts import Elsewhere
from contract.progress import Carried, PartRef
from tests.support.kit_media import MEDIA

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


KIT = Kit.model_validate(
    {
        "kit_id": "backend-engineer",
        "version": 3,
        "organisation": {"zh_CN": "星河科技", "en": "Galaxy Technologies"},
        "department_id": "rd",
        "department": {"zh_CN": "平台研发部", "en": "Platform Engineering"},
        "position": {"zh_CN": "后端开发工程师", "en": "Backend Engineer"},
        "speech_language": "zh",
        "expected_minutes": 18,
        "total_seconds": 1800,
        "encryption_key": "AAAA",
        "consent": {
            "version": "2026-09",
            "purpose": {
                "zh_CN": "录制您的回答,仅用于本次“后端开发工程师”岗位的招聘评估。",
                "en": "Your answers are recorded for the assessment of this position only: Backend Engineer.",
            },
            "full_text": {"zh_CN": "完整的知情同意书。", "en": "The full declaration of consent."},
            "deletion": {
                "zh_CN": "您可以随时在“我的”中撤回同意并删除数据,也可以联系 HR。",
                "en": "You can withdraw your consent and delete your data at any time under Mine, or through HR.",
            },
        },
        "guide": {
            "zh_CN": "请在安静、光线充足的地方作答。每个问题先有思考时间,再开始录制;可以重录,由您选择最满意的一次。",
            "en": "Choose a quiet and well-lit place. You have time to think before each question; "
            "you may record again and choose the take you like best.",
        },
        "tips": [{"zh_CN": "先说结论,再说例子。", "en": "Say the conclusion first, then an example."}],
        "support": {
            "phone": "400-800-1234",
            "email": "hr@example.com",
            "hours": {"zh_CN": "工作日 9:00-18:00", "en": "weekdays 9:00-18:00"},
        },
        "stages": [
            {
                "stage_id": "intro",
                "title": {"zh_CN": "自我介绍", "en": "Introduction"},
                "questions": [
                    {
                        "question_id": "q1",
                        "kind": "video",
                        "prompt": {
                            "zh_CN": "请介绍一个您主导过的项目:目标是什么,您做了哪些关键决定,结果如何?",
                            "en": "Tell us about a project you led: what was the goal, which decisions did you make, "
                            "and how did it end?",
                        },
                        "hint": {
                            "zh_CN": "可以按“目标、行动、结果”的顺序来说。",
                            "en": "Goal, action, result is a good order.",
                        },
                        "thinking_seconds": 45,
                        "answer_seconds": 120,
                        "takes": 3,
                    }
                ],
            },
            {
                "stage_id": "skills",
                "title": {"zh_CN": "专业问题", "en": "Professional questions"},
                "questions": [
                    {
                        "question_id": "q2",
                        "kind": "text",
                        "prompt": {
                            "zh_CN": "一个接口的响应时间从 50 毫秒变成 2 秒,您会怎样一步一步地找到原因?",
                            "en": "The response time of an endpoint went from 50 ms to 2 s. How do you find the cause?",
                        },
                        "thinking_seconds": 30,
                        "answer_seconds": 300,
                        "max_characters": 800,
                    },
                    {
                        "question_id": "q3",
                        "kind": "multiple_choice",
                        "prompt": {
                            "zh_CN": "以下哪些做法有助于避免重复提交造成的重复扣款?",
                            "en": "Which of these help to avoid charging twice when a request is sent again?",
                        },
                        "choices": [
                            {"zh_CN": "为每个请求使用幂等键", "en": "An idempotency key for each request"},
                            {"zh_CN": "只在前端禁用按钮", "en": "Only disabling the button in the browser"},
                            {
                                "zh_CN": "在数据库中为业务单号建立唯一约束",
                                "en": "A unique constraint on the business number in the database",
                            },
                            {"zh_CN": "延长超时时间", "en": "A longer timeout"},
                        ],
                        "thinking_seconds": 0,
                        "answer_seconds": 90,
                    },
                ],
            },
            {
                "stage_id": "scene",
                "title": {"zh_CN": "情景模拟", "en": "Situations"},
                "questions": [
                    {
                        "question_id": "q4",
                        "kind": "video",
                        "prompt": {
                            "zh_CN": "上线当晚出现故障,您会怎么做?",
                            "en": "A release breaks at night. What do you do?",
                        },
                    }
                ],
            },
        ],
    }
)


WORDS = {
    "zh_CN": ("我带领六个人的小组,把订单系统拆成了三个服务。", "上线以后,高峰期的失败率从百分之二降到了万分之五。"),
    "en": (
        "I led a team of six and we split the order system into three services. ",
        "After that far fewer orders failed.",
    ),
}


_DOUBTED = {"zh_CN": ("万分之五", "三个服务"), "en": ("far fewer", "services")}


def said(language: str) -> tuple[str, str]:
    """What the candidate says: in Chinese or English."""
    return WORDS.get(language, WORDS["en"])


def transcript(language: str) -> Transcript:
    text = "".join(said(language))
    doubted = _DOUBTED.get(language, _DOUBTED["en"])
    words = []
    for piece in _pieces(text, doubted):
        words.append(Word(piece, 0.0, 1.0, 0.3 if piece in doubted else 0.95))
    return Transcript(text, tuple(words), language[:2], "small@1234")


def _pieces(text: str, marks: tuple[str, ...]) -> list[str]:
    for mark in marks:
        text = text.replace(mark, f"\0{mark}\0")
    return [piece for piece in text.split("\0") if piece]


GOOD = Proof(42.0, True, True, 36.0, -23.0, True, False)


SILENT = Proof(12.0, True, True, 0.0, None, True, False)


def review(language: str, **changes: Any) -> TakeReview:
    base = TakeReview("t1", "q1", 1, TakeState.RECORDED, True, 42.0, GOOD, transcript(language), None, False, True)
    return replace(base, **changes)


def late(language: str, interview_id: str, *, read: int = 0, waiting: int = 0) -> LateWords:
    """The words of both films came after they were handed in; ``read`` of them were read over."""
    films = [(1, KIT.questions[0]), (4, KIT.questions[3])]
    answers = tuple(
        LateAnswer(review(language, take_id=f"late{n}"), n, question.prompt, place < read, None)
        for place, (n, question) in enumerate(films)
    )
    return LateWords(interview_id, answers, waiting)


def step(index: int, *, takes: tuple[TakeReview, ...] = (), used: int = 0) -> Step:
    question = KIT.questions[index]
    stage = next(i for i, s in enumerate(KIT.stages) if question in s.questions)
    return Step(
        question=question,
        stage_title=KIT.stages[stage].title,
        stage_index=stage,
        stage_count=len(KIT.stages),
        index=index,
        total=len(KIT.questions),
        thinking_seconds=question.thinking_seconds,
        answer_seconds=question.answer_seconds,
        takes_allowed=question.takes,
        takes_used=used,
        takes=takes,
        total_seconds_left=1512.0,
    )


def asked(step: Step, name: str, words: dict[str, str], **more: Any) -> Step:
    """The step, asked with a file of the sample kit."""
    content = (MEDIA / name).read_bytes()
    found = examine(content)
    media = PromptMedia(
        sha256=sha256_hex(content), media_type=found.media_type, size=len(content), text=words, seconds=found.seconds
    )
    question = step.question.model_copy(update={"media": media.model_copy(update=more)})
    return replace(step, question=question)


PICTURE_WORDS = {
    "zh_CN": "项目进度图，共十一天；第九天有一个红色感叹号。",
    "en": "A timeline of eleven days with a red mark on day nine.",
}


SOUND_WORDS = {
    "zh_CN": "一位客户的电话：承诺周一送达的货物没有到。",
    "en": "A customer on the telephone: the delivery has not arrived.",
}


def summary(
    state: InterviewState, hr: HrState, answered: int, *, delivered: bool = False, key: str = "i1"
) -> InterviewSummary:
    return InterviewSummary(key, KIT, state, hr, answered, 4, NOW, delivered)


ELSEWHERE = Elsewhere(
    state=HrState.PAUSED,
    device="Booth 3",
    carried=Carried(attempt=1, parts=[PartRef(interview_id="i7", last_seq=6)], answered=["q1", "q2"]),
)


CERTIFICATE = Certificate("5b0f1a52-6f0a-4c39-9f1e-7f3b3f0d5a11", NOW, b"{}")


RECEIPT = ReceiptView(
    interview_id="0f8a51c2-7d53-4f0e-9a57-2c4f1d6b8e90",
    state=InterviewState.FINISHED,
    finished_at=NOW,
    lines=tuple(ReceiptLine(f"q{i + 1}", i, f"{(i + 3) * 7919:x}".zfill(8) * 8) for i in range(4)),
    digest="9c1185a5c5e9fc54612808977ee8f548" * 2,
    qr_text="xuda://r/0f8a51c2-7d53-4f0e-9a57-2c4f1d6b8e90/9c1185a5c5e9fc54612808977ee8f548",
)
MESSAGES = (
    MessageView(
        "m2",
        {"zh_CN": "第二轮面试安排", "en": "Your second interview"},
        {
            "zh_CN": "恭喜您进入第二轮。\n请于 12 月 3 日 10:00 到 A 座 5 层前台。",
            "en": "Congratulations on reaching the second round.\nPlease come to floor 5 of building A "
            "on 3 December at 10:00 and bring your ID card.",
        },
        NOW,
        True,
        True,
    ),
    MessageView(
        "m1",
        {"zh_CN": "展位开放时间", "en": "Opening hours of the booths"},
        {"zh_CN": "本周六展位照常开放。", "en": "The booths are open this Saturday as usual."},
        NOW - timedelta(days=1),
        False,
    ),
)
