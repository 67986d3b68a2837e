"""Who may see what: login, one-time codes, sessions, scopes, audit log, deletion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select, update

from backend.db.models import AuditRow, Interview, ObjectRow, Role, User
from backend.services import audit, audit_search, auth, deletion, holds, interviews, invitations, reports, users
from backend.services.actor import Actor
from backend.services.interview_rows import ListQuery
from backend.services.media import open_media
from backend.services.users import NewUser
from contract import events as ev
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, HrState
from report.model import Content
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Sealed, Served, Talk, invite


class Person:
    """A user who knows password and secret; each one-time code is of a later time than the one before."""

    def __init__(self, backend: Served, made: NewUser) -> None:
        self.backend = backend
        self.made = made
        self._step = int(datetime.now(UTC).timestamp()) // 30 - 1

    def code(self) -> str:
        self._step += 1
        self.backend.clock.ahead = timedelta(seconds=self._step * 30) - timedelta(seconds=datetime.now(UTC).timestamp())
        return pyotp.TOTP(self.made.totp_secret).at(self._step * 30)

    def login(self, password: str | None = None, code: str | None = None) -> str:
        given = self.made.password if password is None else password
        return auth.login(
            self.backend.hr, self.made.username, given, self.code() if code is None else code, address="a"
        )


def person(backend: Served, role: Role = Role.HR, department: str | None = None, name: str = "anna") -> Person:
    made = users.add_user(backend.hr, COMMAND_LINE, username=name, role=role, department_id=department)
    return Person(backend, made)


def code_of(error: pytest.ExceptionInfo[XudaError]) -> ErrorCode:
    return error.value.code


# ---- login ----------------------------------------------------------------------------------------------------------


def test_password_and_one_time_code_together_open_a_session(own_backend: Served) -> None:
    anna = person(own_backend)
    view = auth.current(own_backend.hr, anna.login())
    assert view is not None
    assert (view.actor.username, view.actor.role, view.fresh) == ("anna", Role.HR, True)


def test_a_wrong_password_a_wrong_code_and_an_unknown_name_answer_the_same(own_backend: Served) -> None:
    anna = person(own_backend)
    attempts = [
        lambda: anna.login(password="wrong"),
        lambda: anna.login(code="000000"),
        lambda: anna.login(code=""),
        lambda: auth.login(own_backend.hr, "nobody", "x", "000000", address="a"),
    ]
    for attempt in attempts:
        with pytest.raises(XudaError) as caught:
            attempt()
        assert (caught.value.code, caught.value.field, caught.value.params) == (ErrorCode.UNAUTHORIZED, None, {})


def test_a_code_may_be_typed_with_spaces_and_full_width_digits(own_backend: Served) -> None:
    anna = person(own_backend)
    typed = "".join(chr(ord(digit) + 0xFEE0) for digit in anna.code())
    assert anna.login(code=f" {typed[:3]} {typed[3:]} ")


def test_a_one_time_code_works_once(own_backend: Served) -> None:
    anna = person(own_backend)
    code = anna.code()
    token = anna.login(code=code)
    with pytest.raises(XudaError):
        anna.login(code=code)
    with pytest.raises(XudaError):
        auth.confirm_totp(own_backend.hr, token, code)


def test_five_failures_lock_the_name_for_a_while_even_for_the_right_password(own_backend: Served) -> None:
    anna = person(own_backend)
    for _ in range(5):
        with pytest.raises(XudaError):
            anna.login(password="wrong")
    with pytest.raises(XudaError) as caught:
        anna.login()
    assert code_of(caught) is ErrorCode.RATE_LIMITED
    anna._step += 11
    assert anna.login()


def test_a_name_that_does_not_exist_is_locked_like_one_that_does(own_backend: Served) -> None:
    codes = []
    for _ in range(6):
        with pytest.raises(XudaError) as caught:
            auth.login(own_backend.hr, "nobody-here", "x", "1", address="c")
        codes.append(code_of(caught))
    assert codes == [ErrorCode.UNAUTHORIZED] * 5 + [ErrorCode.RATE_LIMITED]


def test_one_address_cannot_try_many_names(own_backend: Served) -> None:
    for number in range(20):
        with pytest.raises(XudaError):
            auth.login(own_backend.hr, f"name{number}", "x", "1", address="b")
    with pytest.raises(XudaError) as caught:
        auth.login(own_backend.hr, "another", "x", "1", address="b")
    assert code_of(caught) is ErrorCode.RATE_LIMITED


def test_sessions_end_by_logout_by_idling_and_by_age(own_backend: Served) -> None:
    hr, anna = own_backend.hr, person(own_backend)
    out = anna.login()
    auth.logout(hr, out)
    assert auth.current(hr, out) is None
    idle = anna.login()
    own_backend.clock.ahead += timedelta(seconds=hr.settings.session_idle + 1)
    assert auth.current(hr, idle) is None
    anna._step += 200
    used = anna.login()
    for _ in range(25):
        own_backend.clock.ahead += timedelta(minutes=29)
        alive = auth.current(hr, used) is not None
    assert not alive


def test_recordings_need_a_code_of_a_short_while_ago(own_backend: Served) -> None:
    hr, anna = own_backend.hr, person(own_backend)
    token = anna.login()
    anna._step += 40
    code = anna.code()
    view = auth.current(hr, token)
    assert view is not None
    with pytest.raises(XudaError) as caught:
        auth.require_fresh(view)
    assert (code_of(caught), caught.value.field) == (ErrorCode.FORBIDDEN, "totp")
    auth.confirm_totp(hr, token, code)
    fresh = auth.current(hr, token)
    assert fresh is not None
    auth.require_fresh(fresh)


def test_a_disabled_user_is_out_at_once(own_backend: Served) -> None:
    hr, anna = own_backend.hr, person(own_backend)
    token = anna.login()
    with hr.db.write() as session:
        session.execute(update(User).values(disabled_at=hr.now()))
    assert auth.current(hr, token) is None
    with pytest.raises(XudaError):
        anna.login()


def test_neither_password_nor_secret_nor_token_is_in_the_database(own_backend: Served) -> None:
    anna = person(own_backend)
    token = anna.login()
    stored = b"".join(path.read_bytes() for path in own_backend.hr.settings.data.glob("hr.db*"))
    for secret in (anna.made.password, anna.made.totp_secret, token):
        assert secret.encode() not in stored


# ---- scope ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three(backend: Served) -> dict[str, Talk]:
    """An interview in each of three departments, delivered with a recording."""
    found = {}
    for department in ("rd", "rd-lab", "sales"):
        talk = Talk(backend.enrol(), invite(backend.hr, f"候选人{department}", department=department))
        talk.started()
        sealed = talk.seal(b"picture and sound")
        talk.spoken(sealed)
        talk.heard("something said")
        talk.paused("technical", "the chair broke")
        talk.put_all()
        tus.upload(talk, sealed)
        found[department] = talk
    return found


def visible(backend: Served, actor: Actor, three: dict[str, Talk]) -> set[str]:
    page = interviews.list_interviews(backend.hr, actor, ListQuery(size=1000))
    ids = {item.interview_id for item in page.items}
    return {department for department, talk in three.items() if talk.interview_id in ids}


@pytest.mark.parametrize(
    ("role", "department", "expected"),
    [
        (Role.ADMINISTRATOR, None, {"rd", "rd-lab", "sales"}),
        (Role.HR, None, {"rd", "rd-lab", "sales"}),
        (Role.DEPARTMENT_HEAD, "hq", {"rd", "rd-lab", "sales"}),
        (Role.DEPARTMENT_HEAD, "rd", {"rd", "rd-lab"}),
        (Role.DEPARTMENT_HEAD, "rd-lab", {"rd-lab"}),
        (Role.DEPARTMENT_HEAD, None, set()),
        (Role.AUDITOR, None, set()),
    ],
)
def test_everybody_sees_their_departments_and_those_below_and_no_others(
    backend: Served, three: dict[str, Talk], role: Role, department: str | None, expected: set[str]
) -> None:
    actor = Actor("id", "somebody", role, department)
    assert visible(backend, actor, three) == expected
    for name, talk in three.items():
        with backend.hr.db.read() as session:
            recording = session.scalars(select(ObjectRow).where(ObjectRow.interview_id == talk.interview_id)).one()
        if name in expected:
            assert reports.build(backend.hr, actor, talk.interview_id, "en").answers
            with open_media(backend.hr, actor, talk.interview_id, recording.object_id).stream as stream:
                assert stream.read(100) == b"picture and sound"
        else:
            for attempt, what in ((reports.build, "en"), (open_media, recording.object_id)):
                with pytest.raises(XudaError) as caught:
                    attempt(backend.hr, actor, talk.interview_id, what)  # type: ignore[operator]
                assert code_of(caught) in (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN)
            assert talk.invitation_id not in {
                item.invitation_id for item in invitations.list_invitations(backend.hr, actor)
            }


def test_only_administrators_and_auditors_read_the_audit_log(backend: Served) -> None:
    for role in Role:
        actor = Actor("id", "somebody", role, "rd")
        if role in (Role.ADMINISTRATOR, Role.AUDITOR):
            assert audit_search.rows(backend.hr, actor)[1] > 0
        else:
            with pytest.raises(XudaError):
                audit_search.rows(backend.hr, actor)


def test_a_list_can_be_narrowed_sorted_and_paged(backend: Served, three: dict[str, Talk]) -> None:
    def names(**query: object) -> list[str]:
        page = interviews.list_interviews(
            backend.hr,
            COMMAND_LINE,
            ListQuery(**{"text": "候选人", "include_invited": False, **query}),  # type: ignore[arg-type]
        )
        return [item.candidate for item in page.items]

    assert names(sort="name", descending=False) == ["候选人rd", "候选人rd-lab", "候选人sales"]
    assert names(department_id="sales") == ["候选人sales"]
    assert names(text="候选人RD", sort="name") == ["候选人rd-lab", "候选人rd"]
    assert names(sort="name", descending=False, size=1, page=2) == ["候选人rd-lab"]
    assert names(state=HrState.PENDING_REVIEW) == []
    assert len(names(state=HrState.PAUSED)) == 3


def test_the_reason_and_words_of_leaving_are_in_the_report(backend: Served, three: dict[str, Talk]) -> None:
    report = reports.build(backend.hr, COMMAND_LINE, three["rd"].interview_id, "en")
    assert [(item.reason, item.words) for item in report.exits] == [("technical", "the chair broke")]
    transcript = report.answers[0].transcript
    assert transcript is not None
    assert transcript.text == "something said"


# ---- audit log ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["value", "removal", "order"])
def test_a_changed_audit_log_is_noticed(own_backend: Served, change: str) -> None:
    hr = own_backend.hr
    for number in range(5):
        audit.record_now(hr, COMMAND_LINE, "view", f"interview:{number}")
    assert audit.first_broken(hr) is None
    newest = audit_search.rows(hr, COMMAND_LINE)[0]
    with hr.db.write() as session:
        row = session.get_one(AuditRow, newest[2].id)
        if change == "value":
            row.target = "interview:x"
        elif change == "removal":
            session.delete(row)
        else:
            row.at = row.at - timedelta(days=1)
    assert audit.first_broken(hr) in (newest[2].id, newest[1].id)


# ---- withdrawal and deletion ----------------------------------------------------------------------------------------


@pytest.fixture
def delivered(backend: Served, talk: Talk) -> tuple[Talk, Sealed]:
    talk.started()
    sealed = talk.seal(b"a face")
    talk.spoken(sealed)
    talk.put_all()
    tus.upload(talk, sealed)
    return talk, sealed


def test_what_a_candidate_has_taken_back_nobody_opens(backend: Served, delivered: tuple[Talk, Sealed]) -> None:
    talk, sealed = delivered
    holds.set_hold(backend.hr, COMMAND_LINE, talk.interview_id, "kept for a court")
    talk.add(EventType.WITHDRAWN, ev.WithdrawnData())
    talk.put_all()
    report = reports.build(backend.hr, COMMAND_LINE, talk.interview_id, "en")
    assert (report.content, report.state.code) == (Content.SEALED, HrState.INCOMPLETE)
    with pytest.raises(XudaError) as caught:
        open_media(backend.hr, COMMAND_LINE, talk.interview_id, sealed.object_id)
    assert code_of(caught) is ErrorCode.KEY_DESTROYED


def test_a_deleted_interview_is_gone_and_nothing_of_it_is_taken_in_again(
    backend: Served, delivered: tuple[Talk, Sealed]
) -> None:
    talk, sealed = delivered
    data: Path = backend.hr.settings.data
    before = {path for path in (data / "objects").rglob("*") if path.is_file() and path.read_bytes() == sealed.data}
    assert len(before) == 1
    found = deletion.delete_interview(backend.hr, COMMAND_LINE, talk.interview_id)
    assert (found.events, found.objects) == (2, 1)
    assert not any(path.exists() for path in before)
    stored = b"".join(path.read_bytes() for path in data.glob("hr.db*"))
    assert talk.envelopes[2].payload.encode() not in stored
    assert talk.put(1).status_code == 410
    assert tus.create(talk, sealed).status_code == 410
    assert talk.deliver(talk.manifest([sealed.ref])).status_code == 410
    assert talk.booth.call("GET", f"/v1/interviews/{talk.interview_id}/check").status_code == 410
    with pytest.raises(XudaError):
        interviews.summary(backend.hr, COMMAND_LINE, talk.interview_id)
    with backend.hr.db.read() as session:
        row = session.get_one(Interview, talk.interview_id)
        assert (row.wrapped_key_sealed, row.deleted_at is not None) == (None, True)
    waiting = interviews.list_interviews(backend.hr, COMMAND_LINE, ListQuery(size=1000)).items
    assert talk.invitation_id not in {item.invitation_id for item in waiting}


@pytest.mark.parametrize("role", [Role.DEPARTMENT_HEAD, Role.AUDITOR])
def test_only_hr_and_administrators_delete(backend: Served, delivered: tuple[Talk, Sealed], role: Role) -> None:
    with pytest.raises(XudaError) as caught:
        deletion.delete_interview(backend.hr, Actor("id", "x", role, "hq"), delivered[0].interview_id)
    assert code_of(caught) is ErrorCode.FORBIDDEN
