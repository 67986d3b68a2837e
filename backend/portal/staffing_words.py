"""Words of requisitions, candidates' decisions and what can be wrong with them."""

from __future__ import annotations

from backend.portal.visit import Visit
from backend.services.candidate_states import Ruling
from backend.services.requisition_states import Move, RequisitionState
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.texts import error_text
from report.words import state_words

STATE_TONES = {
    RequisitionState.DRAFT: "plain",
    RequisitionState.SUBMITTED: "warn",
    RequisitionState.REJECTED: "bad",
    RequisitionState.OPEN: "live",
    RequisitionState.FILLED: "good",
    RequisitionState.CLOSED: "plain",
    RequisitionState.DISCARDED: "plain",
}


def requisition_state(visit: Visit, state: RequisitionState) -> str:
    t = visit.texts.gettext
    return {
        RequisitionState.DRAFT: t("Draft"),
        RequisitionState.SUBMITTED: t("Awaiting approval"),
        RequisitionState.REJECTED: t("Not approved"),
        RequisitionState.OPEN: t("Recruiting"),
        RequisitionState.FILLED: t("Filled, closed"),
        RequisitionState.CLOSED: t("Closed"),
        RequisitionState.DISCARDED: t("Discarded"),
    }[state]


def move_button(visit: Visit, move: Move) -> str:
    """What a person does."""
    t = visit.texts.gettext
    return {
        Move.SUBMIT: t("Submit for approval"),
        Move.WITHDRAW: t("Take back"),
        Move.APPROVE: t("Approve"),
        Move.REJECT: t("Do not approve"),
        Move.DISCARD: t("Discard the draft"),
        Move.CLOSE: t("Close the requisition"),
        Move.REOPEN: t("Open again"),
    }[move]


def move_done(visit: Visit, move: Move) -> str:
    """What was done, for the history."""
    t = visit.texts.gettext
    return {
        Move.CHANGE: t("Written"),
        Move.SUBMIT: t("Submitted"),
        Move.WITHDRAW: t("Taken back"),
        Move.APPROVE: t("Approved"),
        Move.REJECT: t("Not approved"),
        Move.DISCARD: t("Discarded"),
        Move.HIRE: t("A candidate was confirmed"),
        Move.FILL: t("All places taken: closed by itself"),
        Move.VACATE: t("A place became free"),
        Move.CLOSE: t("Closed"),
        Move.REOPEN: t("Opened again"),
    }[move]


def ruling_words(visit: Visit, ruling: Ruling) -> str:
    t = visit.texts.gettext
    return {
        Ruling.SECOND_ROUND: t("Second round"),
        Ruling.REJECT: t("Turn down"),
        Ruling.HOLD: t("Put on hold"),
        Ruling.ONBOARD: t("Confirm: pending onboarding"),
        Ruling.RECONSIDER: t("Take the decision back"),
    }[ruling]


def problem(visit: Visit, error: XudaError) -> str:
    """What is wrong and what to do. Nothing was changed by what was refused."""
    return _conflict(visit, error) or _typed(visit, error) or " ".join(error_text(error, visit.language).lines)


def _conflict(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    if error.code is ErrorCode.ILLEGAL_STATE:
        return _illegal(visit, error)
    words = {
        (ErrorCode.FORBIDDEN, "approval"): t(
            "You wrote, changed or submitted this requisition yourself. Somebody else has to approve it."
        ),
        (ErrorCode.FORBIDDEN, "person"): t("Only a person who has logged in decides."),
        (ErrorCode.CONFLICT, "headcount"): t(
            "The position's headcount has room for {room} more. Ask for fewer people, or change the headcount first."
        ).format(room=error.params.get("room", 0)),
        (ErrorCode.CONFLICT, "threshold"): t(
            "The score is missing or below this requisition's threshold of {threshold}. Give a score first."
        ).format(threshold=error.params.get("threshold", "")),
        (ErrorCode.CONFLICT, "requisition"): t(
            "The batch is for no requisition that is open. Choose one on the page of the batch."
        ),
        (ErrorCode.CONFLICT, "candidate"): t("This person already has a place of this requisition."),
        (ErrorCode.CONFLICT, "department"): t("The requisition is of another department than the batch."),
        (ErrorCode.CONFLICT, "position"): t(
            "A requisition for this position is open or awaits approval. Close it or take it back first."
        ),
        (ErrorCode.CONFLICT, "department_id"): t("Another department has this short name already."),
        (ErrorCode.CONFLICT, "placement"): t(
            "Somebody of this batch is already confirmed for its requisition. The batch stays with it."
        ),
    }
    return words.get((error.code, error.field or ""), "")


def _illegal(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    if error.field == "placement":
        return t("This place is free already, or the person has begun to work. Nothing was changed.")
    if error.field == "requisition":
        state = requisition_state(visit, RequisitionState(error.params["state"]))
        return t("Not possible now: the requisition is in the state “{state}”. Nothing was changed.").format(
            state=state
        )
    if error.field == "interview" and "state" in error.params:
        state = state_words(HrState(error.params["state"]), visit.language)
        return t("Not possible now: the interview is in the state “{state}”. Nothing was changed.").format(state=state)
    return ""


def _typed(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    if error.code is not ErrorCode.SETTING_INVALID:
        return ""
    words = {
        "wanted": t("The number of people is from 1 to 1000."),
        "threshold": t("The threshold is from 0 to 100."),
        "score": t("A score is from 0 to 100."),
        "reason": t("Please give the reason, in at most 1000 characters."),
        "words": t("Please say why, in at most 1000 characters."),
        "needed_by": t("Please give the day as year-month-day."),
        "position": t("Please choose a position."),
        "title": t("Please give the position a name of at most 200 characters."),
        "headcount": t("The headcount is a whole number from 0 on."),
        "staffed": t("The people there now are a whole number from 0 on."),
        "skills": t("At most 50 skills, each of at most 100 characters."),
        "department_id": t("The short name has small letters, digits and hyphens, at most 64."),
        "parent": t("A department cannot belong to itself or to one below it."),
        "name": t("Please give the department a name of at most 200 characters."),
        "department": t("Please choose a department. One with requisitions stays where it is."),
    }
    return words.get(error.field or "", "")
