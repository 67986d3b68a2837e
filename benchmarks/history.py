"""Interviews with known effects, and what the analytics find of them: ``python3 dev.py benchmark history``.

Rows are those the services write, with people who are made up; events and recordings are left out, as analytics read
none. Printed is, for each effect, what was put in and what was found with its 95 % interval.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from assessment.agreement import Figure
from backend.cabinet import interview_subject
from backend.db.candidate_models import VoluntaryRow
from backend.db.employee_models import EmployeeInvitation, EmployeeRow, EmployeeScore
from backend.db.models import (
    Batch,
    Candidate,
    Decision,
    Department,
    Device,
    Interview,
    InterviewFact,
    InvitationRow,
    Rating,
    Role,
    ScoreRow,
    User,
    new_id,
)
from backend.runtime import Runtime, create
from backend.services import analytics_fairness, analytics_scores, people, score_making, scores
from backend.services.actor import Actor
from backend.services.analytics_fairness import Circumstance, FairnessFigures, Outcome
from backend.services.analytics_figures import Asked
from backend.services.analytics_scores import ScoreFigures
from backend.services.employees import ScoreKind
from backend.services.voluntary_rows import Aspect, place, subject
from backend.settings import Settings
from contract.canonical import b64encode
from contract.events import HrState
from report.score_model import AssessmentInfo, ScoreInfo, SumInfo

WEEKS = 26
CHANGED = 17
DEVICES = ("Booth 1", "Booth 2", "Booth 3", "Booth 4")
SHIFTED = "Booth 3"
_ABILITY, _MACHINE_NOISE, _PEOPLE_NOISE = 12.0, 6.0, 6.0


@dataclass(frozen=True, slots=True)
class Truth:
    """What is put in. Points: ``severity`` of the scoring, ``device`` on one device, ``drift`` from a week on.

    ``performance``: correlation of ability with it. ``rates``: of men and women with whom people go on.
    """

    severity: float = -2.0
    device: float = -7.0
    drift: float = 6.0
    performance: float = 0.6
    rates: tuple[float, float] = (0.60, 0.36)

    @property
    def ratio(self) -> float:
        return self.rates[1] / self.rates[0]

    @property
    def spread(self) -> float:
        """Standard deviation of the scoring's points."""
        share, late = 1 / len(DEVICES), (WEEKS - CHANGED) / WEEKS
        moved = self.device**2 * share * (1 - share) + self.drift**2 * late * (1 - late)
        return math.sqrt(_ABILITY**2 + _MACHINE_NOISE**2 + moved)

    @property
    def correlation(self) -> float:
        """Of the scoring's points with performance."""
        return self.performance * _ABILITY / self.spread

    @property
    def agreement(self) -> float:
        """Of the scoring's points with the mean of two people's."""
        return _ABILITY**2 / (self.spread * math.sqrt(_ABILITY**2 + _PEOPLE_NOISE**2 / 2))

    @property
    def between(self) -> float:
        """Intraclass correlation of one person's rating."""
        return _ABILITY**2 / (_ABILITY**2 + _PEOPLE_NOISE**2)

    @property
    def bias(self) -> float:
        """Mean of the scoring's points less people's, over all."""
        return self.severity + self.device / len(DEVICES) + self.drift * (WEEKS - CHANGED) / WEEKS


@dataclass(frozen=True, slots=True)
class Line:
    """An effect: what was put in, and what was found."""

    what: str
    truth: float
    found: Figure

    @property
    def held(self) -> bool:
        return self.found.low <= self.truth <= self.found.high


class Writer:
    """Writes ``count`` finished interviews into an organisation, over half a year until last week."""

    def __init__(self, hr: Runtime, truth: Truth, seed: int) -> None:
        self._hr, self._truth, self._draw = hr, truth, np.random.default_rng(seed)
        today = hr.now().astimezone(UTC).date()
        self.first = today - timedelta(days=today.weekday(), weeks=WEEKS + 1)
        self._rows: dict[type[Any], list[dict[str, Any]]] = {}
        self._count, self._weighed = 0, ""

    @property
    def changed(self) -> date:
        """The Monday from which on the scoring gives more."""
        return self.first + timedelta(weeks=CHANGED)

    def write(self, count: int) -> None:
        self._count, at = count, self._moment(0)
        with self._hr.db.read() as session:  # scored already: there are no answers to score again
            self._weighed = score_making.generation(self._hr, session)
        batches = {name: new_id() for name in ("east", "west")}
        raters, devices = [new_id() for _ in range(3)], {name: new_id() for name in DEVICES}
        for number, user in enumerate(raters):
            self._add(User, id=user, username=f"rater{number}", display_name=f"Rater {number + 1}", role=Role.HR.value,
                      password="", totp_sealed="", created_at=at)  # fmt: skip
        for name, device in devices.items():
            self._add(Device, id=device, name=name, platform="history", app_version="1",
                      public_key=b64encode(bytes(32)), enrolled_at=at)  # fmt: skip
        for name, batch in batches.items():
            self._add(Department, id=name, parent_id=None, name={"": name.title()})
            self._add(Batch, id=batch, title=f"History {name}", kit_id="history", department_id=name,
                      not_before=at, not_after=self._hr.now(), created_at=at)  # fmt: skip
        with self._hr.db.write() as session, self._hr.cabinet.together():
            for number in range(count):
                name = ("east", "west")[number % 2]
                self._interview(number, name, batches[name], devices, raters)
            for table, rows in self._rows.items():
                session.execute(insert(table), rows)

    def _interview(self, number: int, department: str, batch: str, devices: dict[str, str], raters: list[str]) -> None:
        draw, truth = self._draw, self._truth
        week = number * WEEKS // self._count
        at = self._moment(week) + timedelta(days=int(draw.integers(5)), hours=9 + int(draw.integers(8)))
        ability, device = draw.normal(), DEVICES[int(draw.integers(len(DEVICES)))]
        points = 60 + _ABILITY * ability + truth.severity + draw.normal(0, _MACHINE_NOISE)
        points += truth.device * (device == SHIFTED) + truth.drift * (week >= CHANGED)
        invitation, name = self._invitation(number, batch, at), new_id()
        woman = bool(draw.random() < 0.5)
        went_on = bool(draw.random() < truth.rates[woman])
        standing = (HrState.SECOND_ROUND if went_on else HrState.REJECTED).value
        self._add(Interview, id=name, device_id=devices[device], invitation_id=invitation, department_id=department,
                  kit_id="history", kit_version=1, attempt=1, part=1, state=HrState.PENDING_REVIEW.value,
                  standing=standing, leading=True, weighed=self._weighed, created_at=at, updated_at=at,
                  ended_at=at)  # fmt: skip
        self._add(InterviewFact, interview_id=name, last_seq=1, answers=4, pauses=int(draw.random() < 0.2), busy=False,
                  awaited=False, active_seconds=900.0, language=("zh_CN", "en")[int(draw.random() < 0.2)],
                  faults=int(draw.random() < 0.1))  # fmt: skip
        for user in draw.permutation(raters)[:2]:
            given = 60 + _ABILITY * ability + draw.normal(0, _PEOPLE_NOISE)
            self._add(Rating, id=new_id(), interview_id=name, user_id=str(user), score=_whole(given), rated_at=at)
        self._add(Decision, id=new_id(), interview_id=name, user_id=raters[0], state=standing, decided_at=at)
        self._score(name, points, at)
        if draw.random() < 0.8:
            self._voluntary(invitation, {"sex": "female" if woman else "male"}, at)
        if number % 4 == 0:
            later = truth.performance * ability + math.sqrt(1 - truth.performance**2) * draw.normal()
            self._employee(number, department, invitation, 70 + 8 * later, at)

    def _invitation(self, number: int, batch: str, at: datetime) -> str:
        candidate = Candidate(id=new_id(), created_at=at)
        people.seal_candidate(self._hr, candidate, name=f"历史{number}", phone=f"137{number:08d}")
        columns = ("name_sealed", "phone_sealed", "email_sealed", "id_number_sealed", "extra_sealed")
        sealed = {column: getattr(candidate, column) for column in columns}
        self._add(Candidate, id=candidate.id, created_at=at, **sealed)
        row = {"id": new_id(), "batch_id": batch, "candidate_id": candidate.id, "code": f"{number:04X}-HIST"}
        self._add(InvitationRow, **row, token="xuda://history", adjustments={}, created_at=at, begun=True)
        return row["id"]

    def _score(self, interview_id: str, points: float, at: datetime) -> None:
        value = min(max(round(points, 2), 0.0), 100.0)
        low, high = max(value - 20, 0.0), min(value + 20, 100.0)
        whole = SumInfo(sum_id="interview", title="", score=ScoreInfo(points=value, low=low, high=high))
        made = AssessmentInfo(engine=1, rubric_revision=0, rubric_digest="0" * 12, models={}, meaning={}, whole=whole,
                              stages=[], dimensions=[], questions=[])  # fmt: skip
        row = ScoreRow(id=new_id())
        subject_of = interview_subject(interview_id)
        sealed = self._hr.cabinet.seal(subject_of, made.model_dump_json(), scores.place(row))
        self._add(ScoreRow, id=row.id, interview_id=interview_id, points=round(value * 100), low=round(low * 100),
                  high=round(high * 100), listen=bool(self._draw.random() < 0.15), engine=1, rubric_revision=0,
                  rubric_digest="0" * 12, models={}, meaning={}, content_sealed=sealed, created_at=at)  # fmt: skip

    def _voluntary(self, invitation: str, given: dict[str, str], at: datetime) -> None:
        sealed = self._hr.cabinet.seal(subject(invitation), json.dumps(given), place(invitation))
        self._add(VoluntaryRow, invitation_id=invitation, answers_sealed=sealed, consent="1", answered_at=at)

    def _employee(self, number: int, department: str, invitation: str, score: float, at: datetime) -> None:
        name = new_id()
        person = json.dumps({"name": f"历史{number}", "phone": "", "email": ""}, ensure_ascii=False)
        self._add(EmployeeRow, id=name, code=f"H{number}", department_id=department, position="",
                  person_sealed=self._hr.vault.seal(person, f"employee:{name}"), created_at=at)  # fmt: skip
        self._add(EmployeeInvitation, invitation_id=invitation, employee_id=name, invited_by="history", invited_at=at)
        tenths = min(max(round(score * 10), 0), 1000)
        kind = ScoreKind.PERFORMANCE.value
        self._add(EmployeeScore, employee_id=name, kind=kind, label="2026", tenths=tenths, noted_at=at)

    def _moment(self, week: int) -> datetime:
        return datetime.combine(self.first + timedelta(weeks=week), datetime.min.time(), UTC)

    def _add(self, table: type[Any], **columns: Any) -> None:
        self._rows.setdefault(table, []).append(columns)


def lines(truth: Truth, found: ScoreFigures, fair: FairnessFigures) -> Iterator[Line]:
    """Every effect that was put in, beside what was found of it."""
    assert found.agreed is not None
    assert found.raters is not None
    agreed, raters = found.agreed, found.raters
    if agreed.pearson is not None:
        yield Line("agreement with people (r)", truth.agreement, agreed.pearson)
    if agreed.limits is not None:
        yield Line("scoring less people (points)", truth.bias, agreed.limits.bias)
    if raters.single is not None:
        yield Line("agreement between people (ICC)", truth.between, raters.single)
    for one in found.performance:
        if one.what == "machine":
            yield Line("correlation with performance", truth.correlation, one.pearson)
    for shifted in fair.shifts:
        if shifted.circumstance is Circumstance.DEVICE and shifted.group == SHIFTED:
            yield Line(f"shift on {SHIFTED} (points)", truth.device, shifted.machine.difference)
    for impacts in fair.impacts:
        if (impacts.aspect, impacts.outcome) == (Aspect.SEX, Outcome.DECISION):
            for group in impacts.groups:
                if group.ratio is not None:
                    yield Line("impact ratio", truth.ratio, group.ratio)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--interviews", type=int, default=1000)
    given.add_argument("--seeds", type=int, default=3)
    asked = given.parse_args()
    truth = Truth()
    for seed in range(1, asked.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(data=Path(folder) / "data")
            with closing(create(settings, "History")) as hr:
                writer = Writer(hr, truth, seed)
                writer.write(asked.interviews)
                _report(hr, writer, seed)


def _report(hr: Runtime, writer: Writer, seed: int) -> None:
    actor, begun = Actor.command_line(), time.perf_counter()
    found = analytics_scores.take(hr, actor, Asked())
    fair = analytics_fairness.take(hr, actor, Asked())
    took = time.perf_counter() - begun
    print(f"seed {seed}: {found.finished} interviews, figures in {took:.2f} s")
    for line in lines(Truth(), found, fair):
        interval = f"{line.found.low:7.2f} … {line.found.high:7.2f}"
        print(f"  {line.what:32} put in {line.truth:6.2f}  found {line.found.value:6.2f}  {interval}"
              f"  {'held' if line.held else 'MISSED'}")  # fmt: skip
    drift = found.drift
    for what, chart in (("scores", drift and drift.scores), ("less people", drift and drift.differences)):
        print(f"  drift of {what:23} put in {writer.changed}  found {chart.since if chart else None}")


def _whole(value: float) -> int:
    return min(max(round(value), 0), 100)


if __name__ == "__main__":
    main()
