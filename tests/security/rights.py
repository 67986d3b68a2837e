"""Who may do what: one line per route of the backend. A route without a line fails tests/ground.

Adding a route? Add its line to :data:`RIGHTS`. ``who`` is one of the audiences below. Where the path names a new kind
of thing (``{hold_id}``), add to ``tests/security/places.py`` how to get one. The test then asks the route as every kind
of person and device, for an interview of the own, a child and another department, and compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# ---- people and devices, as the test logs them in -------------------------------------------------------------------
NOBODY = "nobody"
ADMINISTRATOR = "administrator"
HR = "hr"
HEAD = "head of rd"  # sees rd and rd-lab below it, not sales
AUDITOR = "auditor"
OWNER = "device of the interview"
OTHER = "device of another interview"
REVOKED = "revoked device"
PROGRAM = "program"  # a token with every scope
PROGRAM_RD = "program of rd"  # every scope, bound to rd
PROGRAM_BARE = "program of other scopes"  # none of those a route of this table needs

PEOPLE = frozenset({ADMINISTRATOR, HR, HEAD, AUDITOR})
EVERY_DEVICE = frozenset({OWNER, OTHER, REVOKED})
EVERY_PROGRAM = frozenset({PROGRAM, PROGRAM_RD, PROGRAM_BARE})
CANDIDATE = "candidate of rd"  # signed in to the candidate portal
EVERYONE = PEOPLE | {CANDIDATE} | EVERY_DEVICE | EVERY_PROGRAM | {NOBODY}
BOUND = frozenset({HEAD, PROGRAM_RD})  # see rd and below alone

# ---- audiences ------------------------------------------------------------------------------------------------------
OPEN = EVERYONE
MEMBERS = PEOPLE
READERS = frozenset({ADMINISTRATOR, HR, HEAD})  # of an interview: only within the department
STAFF = frozenset({ADMINISTRATOR, HR})
ADMINISTRATORS = frozenset({ADMINISTRATOR})
WATCHERS = frozenset({ADMINISTRATOR, AUDITOR})
DEVICES = frozenset({OWNER, OTHER})
OWNING_DEVICE = frozenset({OWNER})
CANDIDATES = frozenset({CANDIDATE})
PROGRAMS = frozenset({PROGRAM, PROGRAM_RD})


@dataclass(frozen=True, slots=True)
class Right:
    """``route``: method and path as the application declares them. ``form``: fields of a form (its token is added).

    ``ok``: what a permitted one may get (422 and 401: the right is there, what was typed is wrong); everybody else gets
    401 without a page, 403, 404 or is sent to the login. ``request`` names a
    builder of tests/security/places.py where a device has to sign more than an empty body. ``body``: what a program
    sends as JSON.
    """

    route: str
    who: frozenset[str]
    form: Mapping[str, str] = field(default_factory=dict)
    ok: frozenset[int] = frozenset({200, 201, 204, 303})
    request: str = ""
    body: Mapping[str, object] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.route.partition(" ")[2]

    @property
    def of_interview(self) -> bool:
        """Whether the department of the interview, or of the requisition, decides as well."""
        return any(name in self.path for name in ("{interview_id}", "{requisition_id}", "/candidates/{invitation_id}"))


_PERIOD = {"title": "Batch", "kit": "test", "start": "2026-12-01", "end": "2026-12-31"}
_NO_WISH = {"wanted": "0"}
# allowed, and done or not possible in the state it is in
_MOVED = frozenset({303, 422})

RIGHTS = (
    # the device API
    Right("GET /v1/openapi.json", OPEN),
    Right("GET /ready", OPEN),
    # a token of the settings opens it, nobody of these has one
    Right("GET /metrics", frozenset()),
    Right("GET /v1/health", OPEN),
    Right("POST /v1/enrol", OPEN, ok=frozenset({403, 429}), request="enrolment"),  # the code is the right
    Right("POST /v1/contact", DEVICES, request="contact"),
    Right("GET /v1/bootstrap", DEVICES),
    Right("GET /v1/kit-files/{sha256}", DEVICES, ok=frozenset({404})),
    # they are let to score; who is not: tests/backend/test_device_scoring.py
    Right("GET /v1/score-sheets", DEVICES),
    Right("GET /v1/score-models/{sha256}", DEVICES, ok=frozenset({404})),
    Right("PUT /v1/interviews/{interview_id}/events/{seq}", OWNING_DEVICE, request="event"),
    Right("GET /v1/interviews/{interview_id}/check", OWNING_DEVICE),
    Right("PUT /v1/interviews/{interview_id}/manifests/{serial}", OWNING_DEVICE, request="manifest"),
    Right("GET /v1/interviews/{interview_id}/deletion-certificate", OWNING_DEVICE, ok=frozenset({404})),
    Right("GET /v1/invitations/{invitation_id}/elsewhere", DEVICES),
    Right("PUT /v1/interviews/{interview_id}/hand-over", OWNING_DEVICE, ok=frozenset({409}), request="hand-over"),
    Right("POST /v1/notices", DEVICES, request="notices"),
    Right("OPTIONS /v1/files", OPEN),
    Right("OPTIONS /v1/files/{name}", OPEN),
    Right("POST /v1/files", OWNING_DEVICE, request="creation"),
    Right("HEAD /v1/files/{name}", OWNING_DEVICE, request="upload"),
    Right("PATCH /v1/files/{name}", OWNING_DEVICE, request="chunk"),
    Right("DELETE /v1/files/{name}", OWNING_DEVICE, request="upload"),
    # the API for programs
    Right("GET /api/v1/openapi.json", OPEN),
    Right("GET /api/v1/requisitions", PROGRAMS),
    Right("GET /api/v1/requisitions/{requisition_id}", PROGRAMS),
    Right("GET /api/v1/batches", PROGRAMS),
    Right("GET /api/v1/candidates", PROGRAMS),
    Right("GET /api/v1/candidates/{invitation_id}", PROGRAMS),
    Right("POST /api/v1/batches/{batch_id}/candidates", PROGRAMS, ok=frozenset({422}), body={"name": "x"}),
    Right("GET /api/v1/interviews", PROGRAMS),
    Right("GET /api/v1/interviews/{interview_id}", PROGRAMS),
    Right("GET /api/v1/results", PROGRAMS),
    Right("GET /api/v1/interviews/{interview_id}/result", PROGRAMS),
    Right("GET /api/v1/decisions", PROGRAMS),
    Right("GET /api/v1/departments", PROGRAMS),
    Right("PUT /api/v1/departments/{department_id}", PROGRAMS, ok=frozenset({422, 404}), body={"name": {}}),
    Right("GET /api/v1/positions", PROGRAMS),
    Right(
        "PUT /api/v1/positions/{code}",
        PROGRAMS,
        ok=frozenset({422}),
        body={"department_id": "rd", "title": {}, "headcount": 1},
    ),
    # the portal: signing in
    Right("GET /", MEMBERS),
    Right("GET /login", OPEN),
    Right("POST /login", OPEN, {"username": "x", "password": "x", "totp": "1"}, frozenset({401, 403, 411, 429})),
    Right("POST /logout", MEMBERS),
    Right("GET /language", OPEN),
    Right("GET /account", MEMBERS),
    Right(
        "POST /account/password", MEMBERS, {"totp": "1", "old": "a", "new": "short", "again": "short"}, frozenset({422})
    ),
    Right("POST /account/blind", READERS),
    Right("POST /account/logins/end", MEMBERS, {"login": "none"}, frozenset({404})),
    Right("POST /account/recovery", MEMBERS, {"totp": ""}, frozenset({401})),
    Right("POST /account/authenticator", MEMBERS, {"password": ""}, frozenset({401})),
    Right("POST /account/authenticator/confirm", MEMBERS, {"held": "x"}, frozenset({403})),
    Right("GET /news", MEMBERS),
    Right("GET /training", MEMBERS),
    Right("GET /training/{topic}", MEMBERS),
    Right("GET /employees", STAFF),
    Right("POST /employees/import", STAFF, {"what": "people"}, frozenset({422})),
    Right("POST /employees/weights", ADMINISTRATORS, {"interview": "x"}, frozenset({422})),
    Right("GET /employees/{employee_id}", STAFF),
    Right("POST /employees/{employee_id}/invite", STAFF, ok=frozenset({422})),
    Right("POST /employees/{employee_id}/leaving", STAFF, {"day": "x"}, frozenset({422})),
    Right("GET /practice", STAFF),
    Right("POST /practice", STAFF),
    Right("POST /practice/throw-away", STAFF),
    Right("MOUNT /static", OPEN),
    Right("MOUNT /static/icons", OPEN),
    # the portal: interviews
    Right("GET /monitor", READERS),
    Right("GET /monitor/live", READERS),
    Right("GET /interviews", READERS),
    Right("GET /compare", READERS, ok=frozenset({422})),  # of none: those of interviews are asked for one by one
    Right("GET /interviews/{interview_id}", READERS),
    Right("POST /interviews/{interview_id}/unlock", READERS, {"totp": ""}, frozenset({401})),
    Right("GET /interviews/{interview_id}/media/{object_id}", READERS),
    Right("HEAD /interviews/{interview_id}/media/{object_id}", READERS),
    Right("GET /interviews/{interview_id}/captions/{answer_id}.vtt", READERS),
    Right("GET /interviews/{interview_id}/report.pdf", READERS),
    Right("GET /interviews/{interview_id}/report.json", READERS),
    Right("GET /interviews/{interview_id}/report.zip", READERS),
    Right("GET /interviews/{interview_id}/next", READERS),
    Right("POST /interviews/{interview_id}/rescore", STAFF, ok=frozenset({303, 422})),
    Right("POST /interviews/{interview_id}/opinion", STAFF, ok=frozenset({422})),
    Right("GET /interviews/{interview_id}/opinion/live", STAFF),
    Right("POST /interviews/{interview_id}/scorecard", STAFF, {"do": "save", "revision": "x"}, frozenset({422})),
    Right("POST /interviews/{interview_id}/comments", STAFF, {"text": ""}, frozenset({422})),
    Right("POST /interviews/{interview_id}/comments/{comment_id}/remove", STAFF, ok=frozenset({404})),
    Right("POST /interviews/{interview_id}/score", STAFF, {"score": "500"}, frozenset({422})),
    Right("POST /interviews/{interview_id}/decision", STAFF, {"ruling": "reject"}, frozenset({422})),
    Right("POST /interviews/{interview_id}/redo", STAFF, {"reason": ""}, frozenset({422})),
    Right("POST /interviews/{interview_id}/redo/{redo_id}/withdraw", STAFF, ok=frozenset({404})),
    Right("POST /interviews/{interview_id}/share", STAFF, {"days": "0"}, frozenset({422})),
    Right("POST /interviews/{interview_id}/share/{link_id}/revoke", STAFF, ok=frozenset({404})),
    # whoever has a link is nobody else: tests/portal/test_share_links.py asks with links
    Right("GET /shared/{token}", OPEN, ok=frozenset({404, 429})),
    Right("POST /shared/{token}", OPEN, ok=frozenset({404, 403, 429})),
    Right("GET /shared/{token}/media/{object_id}", OPEN, ok=frozenset({404, 429})),
    Right("POST /interviews/{interview_id}/department", STAFF, {"on": "yes"}),
    Right("GET /interviews/{interview_id}/tell", STAFF),
    Right("POST /interviews/{interview_id}/tell", STAFF, {"do": "release"}, frozenset({409})),
    # the candidate portal: of one's own invitation alone
    Right("GET /candidate", OPEN),
    Right("POST /candidate", OPEN, {"code": "AAAA-AAAA", "known": "x"}, frozenset({401, 403, 429})),
    Right("GET /candidate/one-time", OPEN),
    Right("POST /candidate/one-time", OPEN, {"one_time": "000000"}, frozenset({401, 403, 429})),
    Right("GET /candidate/home", CANDIDATES, ok=frozenset({200})),
    Right("GET /candidate/slots", CANDIDATES, ok=frozenset({200})),
    Right("POST /candidate/slots", CANDIDATES),
    Right("POST /candidate/survey", CANDIDATES, ok=frozenset({422})),
    Right("GET /candidate/voluntary", CANDIDATES, ok=frozenset({200})),
    Right("POST /candidate/voluntary", CANDIDATES, ok=frozenset({422})),
    Right("POST /candidate/voluntary/withdraw", CANDIDATES),
    Right("GET /candidate/deletion", CANDIDATES, ok=frozenset({200})),
    Right("POST /candidate/deletion", CANDIDATES, {"sure": ""}, ok=frozenset({422})),
    Right("GET /candidate/certificates/{deleted_id}.json", frozenset(), ok=frozenset({200})),  # another person's, here
    Right("POST /candidate/leave", CANDIDATES),
    # the portal: reports of many
    Right("GET /models", STAFF),
    Right("GET /models/{model_id}", STAFF, ok=frozenset({404})),
    Right("POST /models/train", STAFF, {"target": "x"}, frozenset({422})),
    Right("POST /models/rollback", STAFF, {"language": "en"}, frozenset({422})),
    Right("POST /models/{model_id}/compare", STAFF, ok=frozenset({404})),
    Right("POST /models/{model_id}/publish", STAFF, ok=frozenset({404})),
    Right("GET /exports", READERS),
    Right("GET /exports/new", READERS),
    Right("POST /exports", READERS, ok=frozenset({422})),
    Right("GET /exports/{job_id}", READERS, ok=frozenset({404})),
    Right("POST /exports/{job_id}/unlock", READERS, {"totp": ""}, frozenset({401, 404})),
    Right("POST /exports/{job_id}/remove", READERS, ok=frozenset({404})),
    Right("GET /exports/{job_id}/archive.zip", READERS, ok=frozenset({404})),
    Right("GET /results.csv", READERS),
    Right("GET /results.xlsx", READERS),
    Right("GET /analytics", READERS),
    Right("GET /analytics/scores", STAFF),
    Right("GET /analytics/fairness", STAFF),
    Right("GET /analytics/scores/{key}.csv", STAFF, ok=frozenset({404})),
    Right("GET /analytics/fairness/{key}.csv", STAFF, ok=frozenset({404})),
    Right("GET /analytics/{key}.csv", READERS, ok=frozenset({404})),  # of so few people nothing is shown
    # the portal: positions and requisitions
    Right("GET /requisitions/{requisition_id}/recommended", READERS),
    Right("GET /candidates/{invitation_id}/positions", STAFF),
    Right("GET /positions/{position_id}/questions", STAFF),
    Right("GET /positions/{position_id}/abilities", STAFF),
    Right("POST /positions/{position_id}/abilities", STAFF, {"ability": "x", "level": "x"}, frozenset({422})),
    Right("GET /courses", STAFF),
    Right("POST /courses", STAFF, {"level": "x"}, frozenset({422})),
    Right("POST /courses/import", STAFF, ok=frozenset({422})),
    Right("GET /courses/{course_id}/edit", STAFF),
    Right("POST /courses/{course_id}/edit", STAFF, {"level": "x"}, frozenset({422})),
    Right("POST /courses/{course_id}/retire", STAFF),
    Right("GET /employees/{employee_id}/gap", STAFF),
    Right("GET /employees/{employee_id}/gap.csv", STAFF, ok=frozenset({404})),  # of no position nothing is told
    Right("GET /forecast", READERS),
    Right("GET /forecast/{table_name}.csv", READERS),
    Right("POST /forecast/{position_id}/ask", READERS, {"wanted": "x"}, frozenset({422})),
    Right("POST /forecast/{position_id}/dismiss", STAFF, {"words": ""}, frozenset({422})),
    Right("POST /forecast/{position_id}/again", STAFF),
    Right("POST /forecast/heads", STAFF, {"on": "yes"}),
    Right("GET /requisitions", READERS),
    Right("GET /requisitions.json", READERS),
    Right("GET /requisitions/new", READERS),
    Right("POST /requisitions", READERS, _NO_WISH, frozenset({422})),
    Right("GET /requisitions/{requisition_id}", READERS),
    Right("GET /requisitions/{requisition_id}/summary.json", READERS),
    Right("GET /requisitions/{requisition_id}/edit", READERS),
    Right("POST /requisitions/{requisition_id}/edit", READERS, _NO_WISH, frozenset({422})),
    Right("POST /requisitions/{requisition_id}/submit", READERS, ok=_MOVED),
    Right("POST /requisitions/{requisition_id}/withdraw", READERS, ok=_MOVED),
    Right("POST /requisitions/{requisition_id}/approve", STAFF, ok=_MOVED),
    Right("POST /requisitions/{requisition_id}/reject", STAFF, {"words": "x"}, ok=_MOVED),
    Right("POST /requisitions/{requisition_id}/discard", READERS, ok=_MOVED),
    Right("POST /requisitions/{requisition_id}/close", READERS, ok=_MOVED),
    Right("POST /requisitions/{requisition_id}/reopen", STAFF, ok=_MOVED),
    Right("POST /requisitions/{requisition_id}/confirm/{interview_id}", STAFF, ok=frozenset({409, 422})),
    Right("POST /placements/{placement_id}/free", STAFF, ok=frozenset({422})),
    Right("POST /placements/{placement_id}/joined", STAFF, ok=frozenset({422})),
    Right("GET /positions", READERS),
    Right("GET /positions/import", STAFF),
    Right("POST /positions/import", STAFF, {"what": "positions"}, frozenset({422})),
    Right("GET /positions/new", STAFF),
    Right("POST /positions", STAFF, {"headcount": "x"}, frozenset({422})),
    Right("GET /positions/{position_id}/edit", STAFF),
    Right("POST /positions/{position_id}/edit", STAFF, {"headcount": "x"}, frozenset({422})),
    Right("POST /positions/{position_id}/close", STAFF),
    Right("GET /departments/new", ADMINISTRATORS),
    Right("POST /departments", ADMINISTRATORS, {"department_id": "-"}, frozenset({422})),
    Right("GET /departments/{department_id}/edit", ADMINISTRATORS),
    Right("POST /departments/{department_id}/edit", ADMINISTRATORS, {"parent": "rd-lab"}, frozenset({422})),
    # the portal: setting up
    Right("GET /candidates", READERS),
    Right("GET /candidates/codes", ADMINISTRATORS),
    Right("POST /candidates/codes", ADMINISTRATORS, {"rule": "x"}, frozenset({422})),
    Right("GET /batches", STAFF),
    Right("GET /batches/new", STAFF),
    Right("POST /batches", STAFF, _PERIOD),
    Right("GET /batches/{batch_id}", STAFF),
    Right("POST /batches/{batch_id}/candidates", STAFF, ok=frozenset({422})),
    Right("POST /batches/{batch_id}/columns", STAFF, ok=frozenset({422})),
    Right("POST /batches/{batch_id}/walk-ins", STAFF, {"limit": "5"}),
    Right("POST /batches/{batch_id}/requisition", STAFF),
    Right("POST /batches/{batch_id}/blind", STAFF),
    Right("POST /batches/{batch_id}/department", STAFF, {"on": "yes"}),
    Right("GET /batches/{batch_id}/sheet", STAFF),
    Right("GET /batches/{batch_id}/resumes", STAFF),
    Right("POST /resumes", STAFF, ok=frozenset({422})),
    Right("POST /batches/{batch_id}/resumes/rules", STAFF, {"years": "x"}, frozenset({422})),
    Right("POST /batches/{batch_id}/resumes/apply", STAFF, ok=frozenset({422})),
    Right("POST /batches/{batch_id}/resumes/rulings", STAFF),
    Right("GET /batches/{batch_id}/resumes/{invitation_id}", STAFF, ok=frozenset({404})),
    Right("GET /batches/{batch_id}/resumes/{invitation_id}/file.bin", STAFF, ok=frozenset({404})),
    Right("GET /batches/{batch_id}/slots", STAFF),
    Right("POST /batches/{batch_id}/slots", STAFF, {"day": "soon"}, frozenset({422})),
    Right("POST /batches/{batch_id}/slots/rules", STAFF, {"hours": "x"}, frozenset({422})),
    Right("POST /batches/{batch_id}/slots/{slot_id}", STAFF, {"do": "withdraw"}, frozenset({404})),
    Right("POST /batches/{batch_id}/slot-of", STAFF, ok=frozenset({404})),
    # whoever has an invitation code: tests/portal/test_slot_pages.py asks with codes
    Right("GET /slots", OPEN),
    Right("POST /slots", OPEN, {"code": "x"}, frozenset({404, 403, 429})),
    Right("GET /batches/{batch_id}/sending", STAFF),
    Right("POST /batches/{batch_id}/sending", STAFF, {"do": "send"}, frozenset({422})),
    Right("GET /invitations/{invitation_id}/contact", STAFF),
    Right("POST /invitations/{invitation_id}/contact", STAFF, {"email": "nobody"}, frozenset({422})),
    Right("POST /batches/{batch_id}/notices", STAFF, {"language": "en", "remind_days": "0"}),
    Right("POST /batches/{batch_id}/extension", STAFF, {"until": "soon"}, frozenset({422})),
    Right("GET /messages", STAFF),
    Right("GET /messages/new", STAFF),
    Right("POST /messages", STAFF, {"do": "send", "title_en": "x"}, frozenset({422})),
    Right("POST /messages/{message_id}/withdraw", STAFF),
    Right("GET /kits", STAFF),
    Right("GET /kits/{kit_id}", STAFF),
    Right("GET /kits/{kit_id}/kit.yaml", STAFF),
    Right("GET /kits/{kit_id}/rubric", STAFF),
    Right("POST /kits/{kit_id}/rubric", STAFF, {"version": "1", "revision": "0", "text": "x"}, frozenset({422})),
    Right("GET /kits/{kit_id}/preview", STAFF),
    Right("POST /kits/{kit_id}/questions", STAFF),
    Right("POST /kits/{kit_id}/draft", STAFF),
    Right("GET /questions", STAFF),
    Right("GET /questions/new", STAFF),
    Right("POST /questions", STAFF, {"kind": "video"}, frozenset({422})),
    Right("GET /questions/{question_id}", STAFF),
    Right("POST /question-media", STAFF, ok=frozenset({422})),
    Right("POST /questions/{question_id}", STAFF, {"kind": "video"}, frozenset({422})),
    Right("POST /questions/{question_id}/retire", STAFF),
    Right("GET /kit-drafts/new", STAFF),
    Right("POST /kit-drafts", STAFF, ok=frozenset({422})),
    Right("POST /kit-drafts/file", STAFF, ok=frozenset({422})),
    Right("GET /kit-drafts/{draft_id}", STAFF),
    Right("POST /kit-drafts/{draft_id}/facts", STAFF, ok=frozenset({422})),
    Right("POST /kit-drafts/{draft_id}/change", STAFF, {"do": "stage"}, frozenset({422})),
    Right("POST /kit-drafts/{draft_id}/take", STAFF, ok=frozenset({404})),
    Right("GET /kit-drafts/{draft_id}/items/{item_id}", STAFF),
    Right("POST /kit-drafts/{draft_id}/items/{item_id}", STAFF, {"kind": "video"}, frozenset({422})),
    Right("GET /kit-drafts/{draft_id}/preview", STAFF),
    Right("GET /kit-drafts/{draft_id}/kit.yaml", STAFF),
    Right("POST /kit-drafts/{draft_id}/publish", STAFF, {"revision": "999"}, frozenset({409})),
    Right("POST /kit-drafts/{draft_id}/discard", STAFF),
    Right("GET /kits/files/{sha256}", READERS, ok=frozenset({404})),
    Right("GET /imports", STAFF),
    Right("POST /imports", STAFF, ok=frozenset({422})),
    Right("GET /imports/{import_id}", STAFF, ok=frozenset({404})),
    Right("GET /imports/{import_id}/receipts/{place}", STAFF, ok=frozenset({404})),
    Right("POST /imports/{import_id}/confirm/{place}", STAFF, ok=frozenset({404})),
    Right("GET /devices", STAFF),
    Right("POST /devices/code", STAFF),
    Right("POST /devices/{device_id}/revoke", STAFF),
    Right("GET /devices/{device_id}", STAFF),
    Right("POST /devices/{device_id}/lost", STAFF),
    Right("GET /device-settings", ADMINISTRATORS),
    Right("POST /device-settings", ADMINISTRATORS, {"layer": "all", "idle_minutes": "5"}),
    Right("POST /devices/{device_id}/group", ADMINISTRATORS, {"group": "Hall 3"}),
    Right("GET /integration", ADMINISTRATORS),
    Right("POST /integration/tokens", ADMINISTRATORS, {"name": ""}, frozenset({422})),
    Right("POST /integration/tokens/{token_id}/revoke", ADMINISTRATORS, ok=frozenset({404})),
    Right("POST /integration/webhooks", ADMINISTRATORS, {"name": ""}, frozenset({422})),
    Right("GET /integration/webhooks/{webhook_id}", ADMINISTRATORS, ok=frozenset({404})),
    Right("POST /integration/webhooks/{webhook_id}/ping", ADMINISTRATORS, ok=frozenset({404})),
    Right("POST /integration/webhooks/{webhook_id}/rotate", ADMINISTRATORS, ok=frozenset({404})),
    Right("POST /integration/webhooks/{webhook_id}/remove", ADMINISTRATORS, ok=frozenset({404})),
    Right("POST /integration/webhooks/{webhook_id}/again/{delivery_id}", ADMINISTRATORS, ok=frozenset({404})),
    Right("GET /audit", WATCHERS),
    Right("GET /audit.csv", WATCHERS),
    Right("GET /audit.jsonl", WATCHERS),
    Right("GET /retention", STAFF),
    Right("POST /retention/clock", STAFF),
    Right("POST /interviews/{interview_id}/hold", STAFF, {"reason": ""}, frozenset({422})),
    Right("POST /interviews/{interview_id}/hold/lift", STAFF, {"reason": ""}, frozenset({422})),
    Right("POST /interviews/{interview_id}/delete", STAFF, {"sure": ""}, frozenset({422})),
    Right("GET /deletions/{deleted_id}/certificate.json", STAFF | WATCHERS, ok=frozenset({200})),
    Right("GET /deletions/{deleted_id}/certificate.pdf", STAFF | WATCHERS, ok=frozenset({200})),
)
BY_ROUTE = {right.route: right for right in RIGHTS}
