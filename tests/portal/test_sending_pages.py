"""HR writes to the candidates of a batch from the portal: look, send, see how it went, send again."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend.db.models import Batch
from backend.sending.settings import Sending
from backend.services import candidates
from backend.services.candidates import Person as Candidate
from tests.backend.mailbox import Hook, Mailbox, hook, mailbox
from tests.backend.posting import FROM, new_batch, person
from tests.backend.world import Served, served, wait_until
from tests.portal.test_message_pages import Person

WORDS = {
    "zh_CN": {"sent": "已发送 3", "bounced": "没有此邮箱", "state": "被拒收", "choose": "请至少选择一个渠道"},
    "en": {"sent": "sent 3", "bounced": "no such mailbox", "state": "refused", "choose": "at least one channel"},
}


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture(scope="module")
def gateway() -> Iterator[Hook]:
    with hook(lambda _: (200, {})) as found:
        yield found


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory, box: Mailbox, gateway: Hook) -> Iterator[Served]:
    sending = Sending(
        smtp_host=box.host,
        smtp_port=box.port,
        smtp_security="none",
        smtp_from=FROM,
        sms_url=gateway.url,
        sms_secret="s",
        wecom_url=f"{gateway.url}/?key=1",
        private=True,
    )
    with served(tmp_path_factory.mktemp("hr") / "data", sending=sending) as found:
        yield found


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def officer(backend: Served, language: str) -> Person:
    return Person(backend, language)


def batch_of(backend: Served, *people: Candidate) -> tuple[str, list[str]]:
    batch_id = new_batch(backend.hr)
    with backend.hr.db.write() as session, backend.hr.cabinet.together():
        batch = session.get_one(Batch, batch_id)
        return batch_id, [candidates.invite(backend.hr, session, batch, item).id for item in people]


def typed(page: str, value: str) -> dict[str, object]:
    """What the browser would send with the form that has this button."""
    forms = re.findall(r"<form[^>]*>((?:(?!</form>).)*)</form>", page, re.DOTALL)
    (form,) = [found for found in forms if f'value="{value}"' in found and 'name="do"' in found]
    fields: dict[str, list[str]] = {}
    for name, found in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form):
        fields.setdefault(name, []).append(html.unescape(found))
    fields.pop("csrf")
    return {**fields, "do": value}


def test_what_is_looked_at_is_not_sent_and_what_is_sent_is_shown_with_its_state(
    backend: Served, officer: Person, box: Mailbox, language: str
) -> None:
    box.answers["c7@example.test"] = ["550 5.1.1 nobody"]
    people = map(person, (1, 2, 3, 7))
    batch, ids = batch_of(backend, *people)
    path, before = f"/batches/{batch}/sending", len(box.mails)
    assert path in officer.get(f"/batches/{batch}")
    preview = officer.post(path, do="preview", which="new", channel="mail")
    assert preview.status_code == 200
    assert "候选人" in preview.text
    assert "data:image/png;base64," in preview.text
    assert len(box.mails) == before
    answer = officer.post(path, **typed(preview.text, "send"))  # type: ignore[arg-type]
    assert answer.url.endswith("/sending")
    wait_until(lambda: WORDS[language]["bounced"] in officer.get(path))
    wait_until(lambda: WORDS[language]["sent"] in officer.get(path))
    shown = officer.get(path)
    assert WORDS[language]["state"] in shown
    assert "5.1.1" in shown
    # the same form once more, as a browser does that is sent back
    officer.post(path, **typed(preview.text, "send"))  # type: ignore[arg-type]
    assert len(box.mails) == before + 3
    assert "c7@example.test" not in shown
    again = officer.post(path, do="preview", which="troubled", channel="mail")
    officer.post(path, **typed(again.text, "send"))  # type: ignore[arg-type]
    wait_until(lambda: len(box.mails) == before + 4)
    assert ids


def test_those_ticked_are_written_to_and_nobody_else(
    backend: Served, officer: Person, gateway: Hook, language: str
) -> None:
    batch, ids = batch_of(backend, *map(person, (11, 12, 13)))
    path = f"/batches/{batch}/sending"
    gateway.asked.clear()
    preview = officer.post(path, do="preview", which="chosen", channel=["sms", "wecom"], chosen=ids[:2])  # type: ignore[arg-type]
    assert preview.text.count("card") >= 3
    officer.post(path, **typed(preview.text, "send"))  # type: ignore[arg-type]
    wait_until(lambda: len(gateway.asked) == 3)  # the robot's second has to wait a little
    assert sorted(asked.json["phone"] for asked in gateway.asked if "phone" in asked.json) == [
        "13800000011",
        "13800000012",
    ]


def test_a_choice_that_reaches_nobody_is_said(backend: Served, officer: Person, language: str) -> None:
    batch, _ = batch_of(backend, Candidate("无邮箱", phone="13900000000"))
    path = f"/batches/{batch}/sending"
    refused = officer.post(path, do="preview", which="new")
    assert refused.status_code == 422
    assert WORDS[language]["choose"] in refused.text
    for fields in (
        {"channel": "mail"},
        {"channel": "mail", "which": "chosen"},
        {"channel": "sms", "which": "troubled"},
    ):
        refused = officer.post(path, do="preview", **fields)
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    assert officer.post(path, do="send", channel="pigeon").status_code == 422
    assert officer.post("/batches/none/sending", do="preview", channel="mail").status_code == 404


def test_language_and_reminders_are_kept_with_the_batch(backend: Served, officer: Person) -> None:
    batch, _ = batch_of(backend, person(21))
    assert officer.post(f"/batches/{batch}/notices", language="en", remind_days="3").ok
    shown = officer.get(f"/batches/{batch}/sending")
    assert 'name="remind_days" min="0" max="60" value="3"' in shown
    assert '<option value="en" selected>' in shown
    preview = officer.post(f"/batches/{batch}/sending", do="preview", which="new", channel="mail")
    assert "invites you to an interview" in preview.text
    for days in ("-1", "61", "x", ""):
        assert officer.post(f"/batches/{batch}/notices", language="en", remind_days=days).status_code == 422


def test_a_window_is_made_longer_and_the_candidates_are_told(backend: Served, officer: Person, box: Mailbox) -> None:
    batch, ids = batch_of(backend, person(31), person(32))
    path, before = f"/batches/{batch}/extension", len(box.mails)
    until = (backend.hr.now() + timedelta(days=30)).astimezone().date()
    done = officer.post(path, until=str(until), whom="chosen", chosen=ids[0], channel="mail")
    assert done.status_code == 200
    assert done.url.endswith("/sending?extended=1")
    assert f"{until} 23:59" in done.text
    wait_until(lambda: len(box.mails) == before + 1)
    assert box.mails[-1][0] == "c31@example.test"
    for fields in ({"until": "2020-01-01"}, {"until": ""}, {"until": str(until), "whom": "chosen"}):
        assert officer.post(path, **fields).status_code == 422


def test_a_long_list_is_paged_and_its_links_lead_to_pages_also_after_a_mistake(
    backend: Served, officer: Person
) -> None:
    batch, _ = batch_of(backend, *(Candidate(f"第{n}位", phone=f"137{n:08d}") for n in range(130)))
    for page in (
        officer.get(f"/batches/{batch}/sending"),
        officer.post(f"/batches/{batch}/extension", until="").text,
        officer.post(f"/batches/{batch}/sending", do="preview", which="new").text,
    ):
        assert page.count('name="chosen"') == 100
        links = {html.unescape(link) for link in re.findall(rf'href="(/batches/{batch}/[^"]*which=[^"]*)"', page)}
        assert len(links) == 4
        for link in links:
            officer.get(link)
    assert officer.get(f"/batches/{batch}/sending?which=everyone&page=2").count('name="chosen"') == 30


def test_how_far_it_is_comes_as_a_part_of_the_page(backend: Served, officer: Person) -> None:
    import requests

    batch, _ = batch_of(backend, person(41))
    officer.post(f"/batches/{batch}/sending", do="send", which="new", channel="mail", order=f"x-{batch[:30]}")
    wait_until(lambda: "data-refresh" not in officer.get(f"/batches/{batch}/sending"))
    headers = {"X-Fragment": "1"}
    answer = requests.get(
        f"{backend.url}/batches/{batch}/sending", cookies=officer._cookies, headers=headers, timeout=20
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "<table" in answer.text


def test_a_refused_address_is_corrected_and_the_message_goes_to_the_right_one(
    backend: Served, officer: Person, box: Mailbox, language: str
) -> None:
    wrong, right = f"typo-{language.lower()}@example.test", f"right-{language.lower()}@example.test"
    box.answers[wrong] = ["550 5.1.1 nobody"]
    batch, (invitation, other) = batch_of(
        backend, Candidate("改地址", email=wrong, phone="13811112222"), Candidate("别人", phone="13811113333")
    )
    path = f"/batches/{batch}/sending"
    officer.post(path, do="send", which="new", channel="mail")
    wait_until(lambda: f"/invitations/{invitation}/contact" in officer.get(path))
    page = f"/invitations/{invitation}/contact"
    assert wrong in officer.get(page)
    for email, phone in (("nobody", "13811112222"), (right, "1391"), (right, "13811113333"), ("", "")):
        refused = officer.post(page, email=email, phone=phone)
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    assert officer.post(page, email=right.upper(), phone="138 1111 2222").ok
    officer.post(path, do="send", which="troubled", channel="mail")
    wait_until(lambda: box.counts()[right] == 1)
    assert f"/invitations/{other}/contact" in officer.get(path)
