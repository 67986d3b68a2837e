"""The audit log."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from backend.portal import forecast_words, growth_words, kit_words, model_words, resume_words, slot_words
from backend.portal.visit import WATCHERS, Member, Visit
from backend.services import audit_search, batches, checkpoints, scope
from backend.services.audit_search import Search
from contract.errors import XudaError

router = APIRouter()
_AUDIT_PAGE = 100
_MOST_PAGES = 1_000_000


@router.get("/audit")
def audit_log(
    visit: Member,
    page: int = 1,
    check: int = 0,
    who: str = "",
    what: str = "",
    target: str = "",
    since: str = "",
    until: str = "",
) -> Response:
    """``check``: also verify the whole chain. ``since``, ``until``: days."""
    scope.require(visit.actor, *WATCHERS)
    shown = min(max(page, 1), _MOST_PAGES)
    search = _search(who, what, target, since, until)
    offset = (shown - 1) * _AUDIT_PAGE
    rows, total = audit_search.rows(visit.hr, visit.actor, search, limit=_AUDIT_PAGE, offset=offset)
    actions = audit_search.actions(visit.hr, visit.actor)
    typed = {"who": who, "what": what, "target": target, "since": since, "until": until}
    return visit.page(
        "audit.html",
        rows=rows,
        total=total,
        page=shown,
        pages=max(1, -(-total // _AUDIT_PAGE)),
        checked=bool(check),
        verdict=checkpoints.verify(visit.hr) if check else None,
        action_words=lambda action: action_words(visit, action),
        actions=sorted(actions, key=lambda action: action_words(visit, action)),
        typed=typed,
        filtered=any(typed.values()),
        query=urlencode({name: value for name, value in typed.items() if value}),
    )


@router.get("/audit.csv")
def audit_table(
    visit: Member, who: str = "", what: str = "", target: str = "", since: str = "", until: str = ""
) -> Response:
    """The log, or what the filters leave of it, for a spreadsheet."""
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    lines = checkpoints.export(visit.hr, visit.actor, "csv", _search(who, what, target, since, until))
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/audit.jsonl")
def audit_lines(
    visit: Member, who: str = "", what: str = "", target: str = "", since: str = "", until: str = ""
) -> Response:
    """The same for a program: a JSON object per line."""
    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    lines = checkpoints.export(visit.hr, visit.actor, "jsonl", _search(who, what, target, since, until))
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


def _search(who: str, what: str, target: str, since: str, until: str) -> Search:
    return Search(who.strip(), what, target.strip(), _day(since), _day(until, end=True))


def _day(text: str, *, end: bool = False) -> datetime | None:
    """None for what is no day: the filter is left out."""
    try:
        return batches.moment(text, end=end) if text else None
    except XudaError:
        return None


def action_words(visit: Visit, action: str) -> str:
    """An action this version does not know is shown by its code."""
    t = visit.texts.gettext
    return {
        "login": t("Logged in"),
        "login_failed": t("Failed to log in"),
        "logout": t("Logged out"),
        "locked": t("Locked after wrong tries"),
        "confirm_totp": t("Gave a fresh one-time code"),
        "view_interview": t("Opened an interview"),
        "view_recording": t("Opened a recording"),
        "download_report": t("Downloaded a report"),
        "print_invitations": t("Printed invitations"),
        "enrolment_code": t("Made an enrolment code"),
        "enrol": t("Device enrolled"),
        "revoke": t("Revoked a device"),
        "score_sheets": t("Gave a device what it scores by"),
        "device_lost": t("Reported a device lost"),
        "key_rotate": t("Changed the organisation's keys"),
        "key_retire": t("Ended an old key"),
        "key_revoke": t("Revoked a key"),
        "key_restored": t("Took over keys after a restore"),
        "batch": t("Created a batch"),
        "import": t("Imported candidates"),
        "kit": t("Published a question kit"),
        "user": t("Added a user"),
        "object": t("Recording delivered"),
        "set_hold": t("Set a legal hold"),
        "lift_hold": t("Lifted a legal hold"),
        "request_deletion": t("Asked for a deletion"),
        "delete_interview": t("Deleted an interview"),
        "deletion_certificate": t("Deletion certificate issued"),
        "erase_candidate": t("Erased a candidate's data"),
        "confirm_clock": t("Confirmed the server's time"),
        "backup": t("Backup made"),
        "restore": t("Restored from a backup"),
        "export_audit": t("Exported the audit log"),
        "object_damaged": t("Damaged recording set aside"),
        "receipt": t("Receipt issued"),
        "import_bundle": t("Imported a bundle"),
        "bundle_refused": t("Refused a bundle"),
        "import_interview": t("Imported an interview from a bundle"),
        "import_revoked": t("Imported an interview of a withdrawn device"),
        "list_interviews": t("Listed interviews"),
        "message": t("Wrote a message to candidates"),
        "message_withdrawn": t("Withdrew a message"),
        "change_password": t("Changed the password"),
        "device_settings": t("Changed the settings of devices"),
        "device_group": t("Put a device into a group"),
        "walk_in": t("Somebody registered on the spot"),
        "adjusted": t("Booth staff adjusted an interview"),
        "walk_ins": t("Changed registering on the spot"),
        "adjustment": t("Adjusted a candidate's interview"),
        "delegation": t("Let booth staff adjust interviews"),
        "delegation_revoked": t("Let booth staff adjust interviews no more"),
        "hand_over": t("Handed an interview over to another device"),
        "grant_redo": t("Let a question be answered again"),
        "begin_redo": t("A question is being answered again"),
        "take_back_redo": t("Took back that a question is answered again"),
        **_staffing_words(visit),
        **kit_words.audit_words(visit),
        **model_words.audit_words(visit),
        **slot_words.audit_words(visit),
        **resume_words.audit_words(visit),
        **forecast_words.audit_words(visit),
        **growth_words.audit_words(visit),
    }.get(action, action)


def _staffing_words(visit: Visit) -> dict[str, str]:
    t = visit.texts.gettext
    return {
        "position": t("Added a position"),
        "change_position": t("Changed a position"),
        "close_position": t("Closed a position"),
        "department": t("Added a department"),
        "change_department": t("Changed a department"),
        "requisition": t("Wrote a requisition"),
        "change_requisition": t("Changed a requisition"),
        "requisition_submit": t("Submitted a requisition"),
        "requisition_withdraw": t("Took a requisition back"),
        "requisition_approve": t("Approved a requisition"),
        "requisition_reject": t("Did not approve a requisition"),
        "requisition_discard": t("Discarded a requisition"),
        "requisition_close": t("Closed a requisition"),
        "requisition_reopen": t("Opened a requisition again"),
        "requisition_fill": t("Requisition closed by its last place"),
        "requisition_vacate": t("Freed a place of a requisition"),
        "joined": t("Noted that somebody has begun to work"),
        "assign_batch": t("Chose the requisition of a batch"),
        "send": t("Sent invitations"),
        "remind": t("Sent reminders"),
        "bounce": t("A mail was reported as not delivered"),
        "extend": t("Made a window longer"),
        "correct_contact": t("Corrected a candidate's address"),
        "notices": t("Set language and reminders of a batch"),
        "rate": t("Scored an interview"),
        "decide": t("Decided about a candidate"),
        "share": t("Made a share link"),
        "revoke_share": t("Revoked a share link"),
        "share_refused": t("Wrong passphrase at a share link"),
        "compare_interviews": t("Compared interviews"),
        "blind_review": t("Switched blind review"),
        "release_decision": t("Released a decision to the candidate"),
        "tell_decision": t("Told a decision to the candidate by a message"),
        "take_back_release": t("Took the release of a decision back"),
        "fetch_decision": t("Device fetched a released decision"),
        "rubric": t("Published a rubric"),
        "begin_scorecard": t("Began a scorecard"),
        "hand_in_scorecard": t("Handed in a scorecard"),
        "change_scorecard": t("Changed a scorecard that was handed in"),
        "discard_scorecard": t("Discarded the draft of a scorecard"),
        "look_at_scorecards": t("Looked at scorecards of others"),
        "score": t("Made an AI score"),
        "view_score": t("Saw the AI score"),
        "asked_second_opinion": t("Asked a language model for a second opinion"),
        "second_opinion": t("A language model gave a second opinion"),
        "second_opinion_failed": t("A language model gave no second opinion"),
        "view_second_opinion": t("Saw a language model's second opinion"),
        "candidate_sign_in": t("A candidate opened the candidate portal"),
        "candidate_refused": t("Wrong code or contact data at the candidate portal"),
        "one_time_code": t("A one-time code was sent to a candidate"),
        "candidate_codes": t("Set who needs a one-time code at the candidate portal"),
        "survey": t("A candidate answered the questionnaire"),
        "view_fairness": t("Figures of fairness were looked at"),
        "voluntary": t("A candidate answered voluntary questions"),
        "voluntary_withdrawn": t("A candidate took voluntary answers back"),
        "withdrawn": t("A candidate withdrew the consent"),
        "release_department": t("Showed an interview to the department"),
        "take_back_department": t("Hid an interview from the department"),
        "open_batch_to_department": t("Opened a batch to the department, or closed it"),
        "end_logins": t("Ended other logins"),
        "recovery_codes": t("Made recovery codes"),
        "use_recovery_code": t("Used a recovery code"),
        "new_authenticator": t("Set up another authenticator"),
        "practice": t("Made candidates to practise with"),
        "throw_practice_away": t("Threw away what was made to practise with"),
        "import_employees": t("Imported employees"),
        "import_scores": t("Imported employees' scores"),
        "view_employee": t("Opened an employee's file"),
        "employee_left": t("Noted that an employee leaves"),
        "employee_stays": t("Took back that an employee leaves"),
        "import_leavers": t("Imported employees who left"),
        "erase_employee": t("Removed the data of an employee who left"),
        "invite_employee": t("Invited an employee to an interview"),
        "combined_weights": t("Changed the weights of the combined score"),
        "api_token": t("Made a token for a program"),
        "revoke_api_token": t("Revoked a program's token"),
        "api_read": t("A program read a list"),
        "webhook": t("Added a webhook"),
        "rotate_webhook": t("Gave a webhook a new secret"),
        "remove_webhook": t("Removed a webhook"),
        "ping_webhook": t("Sent a test message to a webhook"),
        "webhook_again": t("Sent a webhook's message again"),
        "order_reports": t("Ordered reports of many interviews"),
        "reports_made": t("Reports of many interviews are ready"),
        "download_reports": t("Downloaded reports of many interviews"),
        "remove_reports": t("Removed reports of many interviews"),
        "export_analytics": t("Downloaded a table of the analytics"),
        "export_results": t("Downloaded a table of results"),
        "comment": t("Commented on an answer"),
        "remove_comment": t("Removed a comment"),
    }
