"""The events of an interview as drafts: what is told in clear, and what is sealed."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass

from app.interview.model import Environment, ExitReason, PictureFacts
from app.interview.states import InterviewState, TakeState
from app.interview.store import EventDraft, TakeRow
from app.interview.views import Step
from contract import events as wire
from contract.adjusting import Grant
from contract.events import EventType
from contract.invitation import Delegation, Invitation
from contract.kit import Kit
from contract.progress import Carried
from contract.walkin import Registration


def started(
    invitation: Invitation,
    kit: Kit,
    attempt: int,
    wrapped_key: str,
    language: str,
    facts: Environment,
    carried: Carried | None,
    person: Registration | None = None,
) -> EventDraft:
    data = wire.StartedData(
        invitation_id=invitation.invitation_id,
        kit_id=kit.kit_id,
        kit_version=kit.version,
        attempt=attempt,
        wrapped_key=wrapped_key,
        language=language,
        app_version=facts.app_version,
        environment=asdict(facts),
        carried=carried,
        walk_in=invitation.batch_id if person is not None else None,
    )
    return EventDraft(EventType.STARTED, data, person)


def consented(kit: Kit, *, scoring: bool, picture_facts: bool, elsewhere: bool) -> EventDraft:
    """``picture_facts`` and ``elsewhere`` count only where the kit asks for them."""
    data = wire.ConsentedData(
        consent_version=kit.consent.version,
        recording=True,
        scoring=scoring,
        picture_facts=picture_facts if kit.picture_facts else None,
        elsewhere=scoring and elsewhere and bool(kit.consent.elsewhere),
    )
    return EventDraft(EventType.CONSENTED, data)


def declined(kit: Kit) -> EventDraft:
    return EventDraft(EventType.DECLINED, wire.DeclinedData(consent_version=kit.consent.version))


def resumed(facts: Environment) -> EventDraft:
    return EventDraft(EventType.RESUMED, wire.ResumedData(environment=asdict(facts)))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the candidate leaves: open questions, takes used of them, seconds used of the total time."""

    unanswered: int
    takes_used: dict[str, int]
    seconds_used: float


def left(state: InterviewState, reason: ExitReason, words: str, facts: Environment, standing: Standing) -> EventDraft:
    """The progress was saved (``state`` PAUSED) or the interview given up."""
    kind = EventType.PAUSED if state is InterviewState.PAUSED else EventType.ABANDONED
    data = wire.ExitData(reason=reason.value, environment=asdict(facts), **asdict(standing))
    return EventDraft(kind, data, wire.ExitSealed(words=words) if words.strip() else None)


def finished(answers: int, *, time_up: bool) -> EventDraft:
    data = wire.FinishedData(answers=answers, reason="time_up" if time_up else "completed")
    return EventDraft(EventType.FINISHED, data)


def spoken_answer(step: Step, take: TakeRow) -> EventDraft:
    """A take that is stored, as the candidate's answer."""
    if take.stored is None:
        raise ValueError("the take has no stored object")
    stored = wire.ObjectRef(
        object_id=take.stored.object_id,
        media_type=take.stored.media_type,
        size=take.stored.size,
        sha256=take.stored.sha256,
    )
    data = wire.AnswerData(
        answer_id=take.take_id,
        question_id=take.question_id,
        kind=step.question.kind,
        take=take.number,
        takes_used=step.takes_used,
        duration=take.duration,
        thinking_used=take.thinking_used,
        objects=[stored],
        recovered=take.state is TakeState.RECOVERED,
        faults=[wire.FaultModel(code=fault.code, at=fault.at) for fault in take.faults],
    )
    return EventDraft(EventType.ANSWER_SAVED, data)


def written_answer(step: Step, sealed: wire.AnswerSealed, thinking_used: float) -> EventDraft:
    data = wire.AnswerData(
        answer_id=str(uuid.uuid4()),
        question_id=step.question.question_id,
        kind=step.question.kind,
        take=1,
        takes_used=1,
        duration=0.0,
        thinking_used=thinking_used,
    )
    return EventDraft(EventType.ANSWER_SAVED, data, sealed)


def corrected(answer_id: str, text: str) -> EventDraft:
    data = wire.CorrectedData(answer_id=answer_id)
    return EventDraft(EventType.CORRECTED, data, wire.CorrectedSealed(text=text))


def pictured(answer_id: str, facts: PictureFacts) -> EventDraft:
    spans = [wire.PictureSpan(kind=wire.PictureFact(m.kind), start=m.start, end=m.end) for m in facts.moments]
    return EventDraft(
        EventType.PICTURED,
        wire.PicturedData(answer_id=answer_id),
        wire.PicturedSealed(looked=facts.looked, spans=spans),
    )


def questionnaire(ratings: wire.QuestionnaireData, words: str) -> EventDraft:
    return EventDraft(EventType.QUESTIONNAIRE, ratings, wire.QuestionnaireSealed(words=words) if words else None)


def adjusted(grant: Grant, token: str, subject: str, delegation: Delegation | None) -> EventDraft:
    """``delegation`` is None when the organisation itself has signed."""
    data = wire.AdjustedData(delegation_id=delegation.delegation_id if delegation else "", nonce=grant.nonce)
    sealed = wire.AdjustedSealed(
        token=token,
        subject=subject,
        time_factor=grant.adjustments.time_factor,
        extra_takes=grant.adjustments.extra_takes,
        answer_as=grant.adjustments.answer_as,
        reason=grant.reason.value,
        holder=delegation.holder if delegation else "",
    )
    return EventDraft(EventType.ADJUSTED, data, sealed)


def withdrawn(invitation_id: str, attempt: int) -> EventDraft:
    return EventDraft(EventType.WITHDRAWN, wire.WithdrawnData(invitation_id=invitation_id, attempt=attempt))
