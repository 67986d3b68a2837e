"""How long a booth takes to score on two cores: an answer of two minutes, and a whole interview's printed report.

``python -m benchmarks.scoring [--cores N]``: processor time of all threads together, which is what a quiet machine
waits for at most; the libraries of the first page are told apart. Wanted: below 50 ms an answer, below 1 s a page.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from datetime import UTC, datetime

from contract import events as ev
from contract.events import EventType, WordModel
from contract.kit import Kit, QuestionKind
from contract.scoresheet import ScoreSheet, SheetDimension, SheetPoint, SheetQuestion
from report.build import build_report
from report.model import CandidateInfo, InterviewReport
from tests.assessment.cases import good, middling, question
from tests.report import sample

_ANSWER_SECONDS, _PAGE_SECONDS = 0.050, 1.0
_QUESTIONS, _ROUNDS = 6, 9
_WORDS = {"zh": 480, "en": 300}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--cores", type=int, default=2, help="how many to use (Linux)")
    cores = options.parse_args().cores
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:cores]))
    reached = [_interview(language) for language in _WORDS]
    return 0 if all(reached) else 1


def _interview(language: str) -> bool:
    from report.pdf import render_pdf
    from report.scoring import assess

    kit, sheet = _kit(language), _sheet(language)
    began = time.perf_counter()
    assess(_report(kit, language, 0), kit, sheet)
    first = time.perf_counter() - began
    answers, pages, waits = [], [], []
    for seed in range(1, _ROUNDS + 1):
        report = _report(kit, language, seed)
        began = time.process_time()
        made = assess(report, kit, sheet)
        answers.append((time.process_time() - began) / _QUESTIONS)
        began, waited = time.process_time(), time.perf_counter()
        render_pdf(report.model_copy(update={"assessment": assess(report, kit, sheet)}))
        pages.append(time.process_time() - began)
        waits.append(time.perf_counter() - waited)
        if made.whole.score.points is None:
            raise RuntimeError("there is no score")
    answer, page = statistics.median(answers), statistics.median(pages)
    print(
        f"{language}: {_QUESTIONS} answers of two minutes; first time with libraries {first:.2f} s; an answer "
        f"{1000 * answer:.0f} ms (longest {1000 * max(answers):.0f}); scores and PDF {page:.2f} s of "
        f"processor time, {statistics.median(waits):.2f} s to wait (shortest {min(waits):.2f})",
        flush=True,
    )
    return answer < _ANSWER_SECONDS and page < _PAGE_SECONDS


def _kit(language: str) -> Kit:
    prompt = question(language).prompt
    questions = [{"question_id": f"q{at}", "kind": "video", "prompt": prompt} for at in range(_QUESTIONS)]
    values = sample.kit().model_dump(mode="json")
    values["stages"] = [{"stage_id": "s", "title": "S", "questions": questions}]
    return Kit.model_validate({**values, "speech_language": language})


def _sheet(language: str) -> ScoreSheet:
    wanted = [point for one in question(language).dimensions for point in one.key_points]
    points = [SheetPoint(text={language: point.text}, synonyms=list(point.synonyms)) for point in wanted]
    solving = SheetDimension(dimension_id="solving", title={"": "Solving"}, key_points=points)
    talking = SheetDimension(dimension_id="talking", title={"": "Talking"})
    questions = [SheetQuestion(question_id=f"q{at}", dimensions=[solving, talking]) for at in range(_QUESTIONS)]
    return ScoreSheet(kit_id="k", kit_version=1, revision=1, questions=questions)


def _report(kit: Kit, language: str, seed: int) -> InterviewReport:
    """Each answer in other words: nothing of one is remembered for the next."""
    draw = random.Random(seed)
    story = sample.Story().started()
    story.add(EventType.CONSENTED, ev.ConsentedData(consent_version="1", recording=True, scoring=True))
    said = f"{good(language)} {middling(language)}"
    known = said.split() if language == "en" else list(said.replace(" ", ""))
    for one in kit.questions:
        words = draw.choices(known, k=_WORDS[language])
        step = 120 / len(words)
        timed = [
            WordModel(text=word, start=step * at, end=step * (at + 0.8), probability=0.95)
            for at, word in enumerate(words)
        ]
        joined = (" " if language == "en" else "").join(words)
        story.spoken(one.question_id, QuestionKind.VIDEO, timed, text=joined, language=language)
    return build_report(
        kit,
        story.finished().events,
        sample.KEY,
        interview_id=sample.INTERVIEW,
        candidate=CandidateInfo(),
        generated_at=datetime.now(UTC),
    )


if __name__ == "__main__":
    sys.exit(main())
