"""Links without a login: what they show, and everything somebody might try with them."""

from __future__ import annotations

import io
import re

import av
import pytest
import requests
from sqlalchemy import select

from backend.db.models import AuditRow, ShareLink, User
from backend.ratelimit import RateLimit
from backend.services import shares
from backend.services.shares import Recordings, ShareWish
from contract.errors import ErrorCode, XudaError
from tests.portal.test_scorecard_browser import actor
from tests.portal.world import SAID, World

NAME, PHONE = "张晓雨", "13800000001"
SECRET = "correct horse"


@pytest.fixture(autouse=True)
def fresh_limits(world: World) -> None:
    """Wrong guesses of one test do not lock the others out."""
    limit: RateLimit = world.hr.limits.shared
    limit._failures.clear()


def made(
    world: World, *, days: int = 7, name: bool = False, words: bool = True, passphrase: str = "", **more: str
) -> str:
    recordings = Recordings(more.get("recordings", "none"))
    wish = ShareWish(days, name, words, recordings, passphrase)
    return shares.make(world.hr, actor(world), world.sittings["finished"].interview_id, wish)


def get(world: World, token: str, path: str = "", **more: object) -> requests.Response:
    return requests.get(f"{world.url}/shared/{token}{path}", timeout=20, **more)  # type: ignore[arg-type]


def film(world: World, sitting: str = "finished") -> str:
    return next(ref.object_id for ref in world.sittings[sitting].objects if ref.media_type == "video/webm")


def test_a_link_shows_what_was_chosen_and_nothing_else(world: World) -> None:
    page = get(world, made(world)).text
    assert SAID in page
    for hidden in (NAME, PHONE, "<video", "<audio", "评分", "/interviews/"):
        assert hidden not in page
    page = get(world, made(world, name=True, words=False, recordings="all")).text
    assert NAME in page
    assert "<video" in page
    assert SAID not in page
    assert PHONE not in page


@pytest.mark.parametrize(("recordings", "kinds"), [("all", {"video", "audio"}), ("voice", {"audio"})])
def test_recordings_are_shown_as_far_as_allowed(world: World, recordings: str, kinds: set[str]) -> None:
    answer = get(world, made(world, recordings=recordings), f"/media/{film(world)}")
    assert answer.status_code == 200
    with av.open(io.BytesIO(answer.content)) as container:
        assert {stream.type for stream in container.streams} == kinds
    part = get(world, made(world, recordings=recordings), f"/media/{film(world)}", headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)


def test_recordings_that_are_not_allowed_do_not_leave_the_server(world: World) -> None:
    assert get(world, made(world), f"/media/{film(world)}").status_code == 404


def test_another_interviews_media_is_not_opened_by_a_link(world: World) -> None:
    token = made(world, recordings="all")
    other = world.sittings["paused"]
    for name in (other.objects[0].object_id if other.objects else "none", "none", "..%2f..", film(world) + "x"):
        assert get(world, token, f"/media/{name}").status_code == 404
    for path in ("/interviews", f"/interviews/{world.sittings['finished'].interview_id}"):
        answer = requests.get(world.url + path, cookies={"xuda_hr": token}, timeout=20, allow_redirects=False)
        assert answer.headers["Location"].startswith("/login"), "a link is no login"


def test_a_guessed_or_changed_link_opens_nothing_and_guessing_is_limited(world: World) -> None:
    token = made(world)
    link_id, _, signature = token.partition(".")
    other = made(world).partition(".")[0]
    wrong = "0" * 64
    for guess in (f"{link_id}.{wrong}", f"{other}.{signature}", f"{link_id}.{signature[:-1]}", link_id, "x"):
        assert get(world, guess).status_code == 404
    codes = [get(world, f"{link_id}.{wrong}").status_code for _ in range(12)]
    assert codes[-1] == 429
    assert get(world, token).status_code == 429, "also for a right one, so that a hit is not told from a miss"


def test_a_link_ends_by_itself(world: World) -> None:
    token = made(world, days=1, recordings="all")
    assert get(world, token).status_code == 200
    world.clock.advance(24 * 3600 + 1)
    assert get(world, token).status_code == 404
    assert get(world, token, f"/media/{film(world)}").status_code == 404


def test_a_revoked_link_ends_at_once_also_for_who_has_it_open(world: World) -> None:
    web = world.http("hr")
    interview_id = world.sittings["finished"].interview_id
    token = made(world, recordings="all", passphrase=SECRET)
    reader = opened(world, token)
    assert reader.get(f"{world.url}/shared/{token}", timeout=20).status_code == 200
    assert token in web.page(f"/interviews/{interview_id}").text, "its maker finds it again"
    assert token not in world.http("admin").page(f"/interviews/{interview_id}").text
    web.post(f"/interviews/{interview_id}/share/{token.partition('.')[0]}/revoke")
    for path in ("", f"/media/{film(world)}"):
        assert reader.get(f"{world.url}/shared/{token}{path}", timeout=20).status_code == 404


def opened(world: World, token: str, passphrase: str = SECRET, *, status: int = 200) -> requests.Session:
    reader = requests.Session()
    page = reader.get(f"{world.url}/shared/{token}", timeout=20).text
    assert SAID not in page
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    data = {"csrf": csrf, "passphrase": passphrase}
    assert reader.post(f"{world.url}/shared/{token}", data=data, timeout=20).status_code == status
    return reader


def test_a_passphrase_is_asked_for_kept_as_a_hash_and_not_guessed(world: World) -> None:
    token = made(world, recordings="all", passphrase=SECRET)
    reader = opened(world, token)
    assert SAID in reader.get(f"{world.url}/shared/{token}", timeout=20).text
    assert reader.get(f"{world.url}/shared/{token}/media/{film(world)}", timeout=20).status_code == 200
    assert get(world, token, f"/media/{film(world)}").status_code == 404, "without the passphrase"
    other = made(world, passphrase="another secret")
    assert SAID not in reader.get(f"{world.url}/shared/{other}", timeout=20).text, "that of one link opens no other"
    with world.hr.db.read() as session:
        row = session.get_one(ShareLink, token.partition(".")[0])
    assert row.passphrase is not None
    assert row.passphrase.startswith("$argon2id$")
    assert not [value for value in vars(row).values() if token.partition(".")[2] in str(value)]
    for _ in range(10):
        opened(world, token, "wrong words", status=401)
    with pytest.raises(XudaError) as caught:
        shares.unlock(world.hr, token, SECRET, "203.0.113.9")
    assert caught.value.code is ErrorCode.RATE_LIMITED, "also from elsewhere"


def test_a_form_of_another_site_is_refused(world: World) -> None:
    token = made(world, passphrase=SECRET)
    answer = requests.post(f"{world.url}/shared/{token}", data={"passphrase": SECRET}, timeout=20)
    assert answer.status_code == 403


def test_every_look_stands_in_the_audit_log(world: World) -> None:
    token = made(world, recordings="all", passphrase=SECRET)
    link_id = token.partition(".")[0]
    opened(world, token, "wrong words", status=401)
    reader = opened(world, token)
    reader.get(f"{world.url}/shared/{token}/media/{film(world)}", timeout=20)
    reader.get(f"{world.url}/shared/{token}/media/{film(world)}", timeout=20)
    shares.revoke(world.hr, actor(world), world.sittings["finished"].interview_id, link_id)
    with world.hr.db.read() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    named = [(row.actor, row.action) for row in rows if row.detail.get("link") == link_id]
    who = f"share:{link_id}"
    assert named == [
        ("hr", "share"),
        (who, "share_refused"),
        (who, "view_interview"),
        (who, "view_recording"),
        ("hr", "revoke_share"),
    ]


def test_a_link_of_somebody_who_left_ends(world: World) -> None:
    interview_id = world.sittings["finished"].interview_id
    admin = actor(world, "admin")
    token = shares.make(world.hr, admin, interview_id, ShareWish(7, False, True, Recordings.NONE))
    assert get(world, token).status_code == 200
    with world.hr.db.write() as session:
        session.get_one(User, admin.user_id).disabled_at = world.hr.now()
    assert get(world, token).status_code == 404
    with world.hr.db.write() as session:
        session.get_one(User, admin.user_id).disabled_at = None


@pytest.mark.parametrize("fields", [{"days": "0"}, {"days": "31"}, {"days": "x"}, {"days": "7", "passphrase": "short"}])
def test_a_link_that_cannot_be_is_refused(world: World, fields: dict[str, str]) -> None:
    web = world.http("hr")
    path = f"/interviews/{world.sittings['finished'].interview_id}/share"
    assert web.post(path, **fields).status_code == 422
