from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile

import pytest
from pypdf import PdfReader

from backend.services import audit, audit_search, devices
from backend.services.actor import Actor
from contract.events import EventType, ResumedData
from report.model import InterviewReport
from tests.portal.booth import Booth, Sitting
from tests.portal.world import SAID, World


def media_path(page: str) -> str:
    found = re.search(r'data-media="([^"]+)"', page)
    assert found
    return found[1]


def test_the_list_shows_true_states_and_reasons(world: World) -> None:
    text = world.http("hr").page("/interviews?order=asc&sort=name").text
    for expected in ("待面试", "已中断", "设备或技术问题", "待评估", "未完成", "已拒绝AI面试", "已收齐，回执已签发"):
        assert expected in text, expected


def test_a_silent_device_is_shown_as_interrupted_without_contact(world: World) -> None:
    web = world.http("hr")
    world.clock.advance(200)
    text = web.page("/interviews?state=paused").text
    assert "与设备失去联系" in text
    assert "刘雅静" in text


def test_filters_sort_and_pages_live_in_the_address(world: World) -> None:
    officer = world.http("hr")
    names = re.findall(
        r"<td><a [^>]*href=\"/interviews/[^>]*>([^<]+)</a>", officer.page("/interviews?state=declined").text
    )
    assert names == ["陈思远"]
    batch = world.demo.batches[1].batch_id
    assert "陈思远" not in officer.page(f"/interviews?batch={batch}").text
    assert "张晓雨" in officer.page("/interviews?text=晓雨").text
    assert "没有符合筛选条件" in officer.page("/interviews?text=没有这个人").text
    first = officer.page("/interviews?sort=name&order=asc&size=20&text=o").text
    assert 'aria-sort="ascending"' in first
    fragment = officer.page("/interviews", headers={"X-Fragment": "1"}).text
    assert "<html" not in fragment
    assert "陈思远" in fragment


def test_a_page_beyond_the_end_shows_the_last_one(world: World) -> None:
    assert "陈思远" in world.http("hr").page("/interviews?state=declined&page=99").text


def test_a_column_sorts_up_first_and_turns_round_when_chosen_again(world: World) -> None:
    web = world.http("hr")

    def next_order(path: str) -> str:
        found = re.search(r'<th[^>]*><a href="/interviews\?([^"]*sort=name[^"]*)"', web.page(path).text)
        assert found
        return "desc" if "order=desc" in found[1] else "asc"

    assert next_order("/interviews") == "asc"
    assert next_order("/interviews?sort=name&order=asc") == "desc"
    assert next_order("/interviews?sort=name&order=desc") == "asc"


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_interviews_in_every_state_can_be_reviewed_and_printed(world: World, language: str) -> None:
    web = world.http("hr")
    web.page(f"/language?to={language}")
    for name, sitting in world.sittings.items():
        page = web.page(f"/interviews/{sitting.interview_id}")
        assert (page.status_code, sitting.interview_id in page.text) == (200, True), name
        assert web.page(f"/interviews/{sitting.interview_id}/report.pdf").content.startswith(b"%PDF"), name


def test_the_language_switch_on_the_answer_to_a_form_leads_to_the_page_of_the_form(world: World) -> None:
    text = world.http("admin").post("/devices/code").text
    assert 'href="/language?to=en&amp;next=/devices"' in text


def test_the_review_page_escapes_what_the_candidate_wrote(world: World) -> None:
    text = world.http("hr").page(f"/interviews/{world.sittings['finished'].interview_id}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert(1)" not in text
    assert "会场断网了 &lt;b&gt;&amp;" in text
    assert "<ins title=" in text


def test_recordings_play_by_ranges_as_the_player_asks(world: World) -> None:
    web = world.http("hr")
    page = web.page(f"/interviews/{world.sittings['finished'].interview_id}").text
    path = media_path(page)
    whole = web.page(path)
    size = len(whole.content)
    assert whole.status_code == 200
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Content-Type"] == "video/webm"
    assert whole.content[:4] == b"\x1a\x45\xdf\xa3"

    def ask(value: str) -> tuple[int, bytes, str]:
        answer = web.page(path, headers={"Range": value})
        return answer.status_code, answer.content, answer.headers.get("Content-Range", "")

    assert ask("bytes=0-0") == (206, whole.content[:1], f"bytes 0-0/{size}")
    assert ask("bytes=4000-9000") == (206, whole.content[4000:9001], f"bytes 4000-9000/{size}")
    assert ask("bytes=5000-") == (206, whole.content[5000:], f"bytes 5000-{size - 1}/{size}")
    assert ask("bytes=-100") == (206, whole.content[-100:], f"bytes {size - 100}-{size - 1}/{size}")
    assert ask(f"bytes=0-{size * 2}") == (206, whole.content, f"bytes 0-{size - 1}/{size}")
    assert ask(f"bytes={size}-") == (416, b"", f"bytes */{size}")
    for ignored in ("bytes=9-2", "bytes=0-1,4-5", "items=0-1", "bytes=-", "bytes=x"):
        assert ask(ignored)[0] == 200, ignored
    stale = web.page(path, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert stale.status_code == 200
    head = web.request("HEAD", world.url + path, headers={"Range": "bytes=10-19"}, timeout=20)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (206, "10", b"")


def test_a_recording_needs_a_fresh_code_and_each_viewing_is_recorded_once(world: World) -> None:
    web = world.http("hr")
    interview = world.sittings["finished"].interview_id
    path = media_path(web.page(f"/interviews/{interview}").text)
    world.clock.advance(16 * 60)
    assert web.page(path).status_code == 403
    assert web.page(f"/interviews/{interview}/report.zip").status_code == 403
    locked = web.page(f"/interviews/{interview}").text
    assert "data-media" not in locked
    assert "请重新输入动态验证码" in locked
    assert web.post(f"/interviews/{interview}/unlock", totp="000000").status_code == 401
    assert "data-media" in web.post(f"/interviews/{interview}/unlock", totp=world.totp("hr")).text
    before = _count(world, "view_recording")
    for start in range(0, 5000, 1000):
        assert web.page(path, headers={"Range": f"bytes={start}-{start + 999}"}).status_code == 206
    assert _count(world, "view_recording") == before + 1


def test_captions_are_made_from_the_word_times(world: World) -> None:
    web = world.http("hr")
    page = web.page(f"/interviews/{world.sittings['finished'].interview_id}").text
    path = re.search(r'data-captions="([^"]+)"', page)
    assert path
    answer = web.page(path[1])
    assert answer.headers["Content-Type"].startswith("text/vtt")
    assert answer.text.startswith("WEBVTT\n\n00:00:00.400 --> ")
    assert "支付" in answer.text


def test_reports_download_as_pdf_json_and_zip(world: World) -> None:
    web = world.http("hr")
    base = f"/interviews/{world.sittings['finished'].interview_id}"
    pdf = web.page(f"{base}/report.pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
    assert "张晓雨" in text
    assert SAID in text
    report = InterviewReport.model_validate(web.page(f"{base}/report.json").json())
    assert report.receipt is not None
    assert report.candidate.phone == "13800000001"
    assert report.answers[0].transcript is not None
    assert report.answers[0].transcript.text == SAID
    archive = web.page(f"{base}/report.zip")
    assert archive.headers["Content-Disposition"].endswith(f'{report.interview_id}.zip"')
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        names = opened.namelist()
        assert names[:2] == ["report.pdf", "report.json"]
        media = [name for name in names if name.startswith("media/")]
        assert len(media) == 2
        assert all(opened.read(name)[:4] == b"\x1a\x45\xdf\xa3" for name in media)
        sums = opened.read("SHA256SUMS.txt").decode()
        assert f"{hashlib.sha256(opened.read(media[0])).hexdigest()}  {media[0]}" in sums
        assert json.loads(opened.read("report.json"))["interview_id"] == report.interview_id


def test_an_unfinished_interview_has_a_report_with_its_reason(world: World) -> None:
    base = f"/interviews/{world.sittings['abandoned'].interview_id}"
    web = world.http("hr")
    report = web.page(f"{base}/report.json").json()
    assert report["state"] == {"code": "incomplete", "words": "未完成"}
    assert report["exits"][0]["words"] == "家里有急事"
    assert web.page(f"{base}/report.pdf").content.startswith(b"%PDF")


def test_a_department_head_sees_the_own_department_alone_and_no_phone(world: World) -> None:
    web = world.http("rd.head")
    listed = web.page("/interviews").text
    assert "张晓雨" in listed
    assert "林嘉怡" not in listed
    own, other = world.sittings["finished"].interview_id, world.sittings["overseas"].interview_id
    assert web.page(f"/interviews/{own}").status_code == 200
    assert "13800000001" not in web.page(f"/interviews/{own}").text
    assert web.page(f"/interviews/{own}/report.json").json()["candidate"]["phone"] is None
    for path in (f"/interviews/{other}", f"/interviews/{other}/report.pdf", f"/interviews/{other}/media/x"):
        assert web.page(path).status_code == 404, path
    assert "林嘉怡" not in web.page("/candidates").text
    for path in ("/batches", "/devices", "/audit", "/kits"):
        assert web.page(path).status_code == 403, path


def test_an_auditor_sees_the_log_and_no_interview(world: World) -> None:
    web = world.http("auditor")
    assert "审计" in web.page("/").text
    assert web.page(f"/interviews/{world.sittings['finished'].interview_id}").status_code in (403, 404)
    assert web.page(f"/interviews/{world.sittings['finished'].interview_id}/report.json").status_code == 403
    assert web.page("/interviews").status_code == 403
    assert "日志完整" in web.page("/audit?check=1").text


def test_views_and_downloads_are_in_the_audit_log_and_the_chain_is_whole(world: World) -> None:
    web = world.http("hr")
    interview = world.sittings["paused"].interview_id
    web.page(f"/interviews/{interview}")
    web.page(f"/interviews/{interview}/report.pdf")
    text = world.http("admin").page("/audit").text
    assert f"interview:{interview}" in text
    assert "下载报告" in text
    assert audit.first_broken(world.hr) is None


def test_a_batch_is_created_candidates_imported_and_invitations_printed(world: World) -> None:
    web = world.http("hr")
    made = web.post("/batches", title="秋招 <一>", kit="demo", start="2026-11-01", end="2027-01-31")
    assert made.status_code == 200
    assert "秋招 &lt;一&gt;" in made.text
    path = made.url.removeprefix(world.url)
    table = "姓名,手机\n吴一,13700000001\n钱二,123\n吴一,13700000001\n,13700000009\n".encode("gb18030")
    result = web.post(f"{path}/candidates", files={"file": ("名单.csv", table, "text/csv")})
    assert result.status_code == 200
    assert "已邀请 1 人" in result.text
    assert "3 行未采用" in result.text
    assert "与第 2 行重复" in result.text
    sheet = web.page(f"{path}/sheet").text
    assert sheet.count('src="data:image/svg+xml') == 1
    assert "吴一" in sheet


def test_a_wrong_window_or_file_is_explained_and_nothing_is_lost(world: World) -> None:
    web = world.http("hr")
    answer = web.post("/batches", title="晚", kit="demo", start="2027-01-31", end="2026-11-01")
    assert answer.status_code == 422
    assert "结束日期不能早于开始日期" in answer.text
    assert 'value="晚"' in answer.text
    path = f"/batches/{world.demo.batches[0].batch_id}/candidates"
    answer = web.post(path, files={"file": ("x.csv", b"\x00\x01\x02", "text/csv")})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    big = web.post(path, files={"file": ("x.csv", b"a" * 1_100_000, "text/csv")})
    assert big.status_code == 413


def test_hr_opens_a_batch_for_people_without_an_invitation(world: World) -> None:
    web = world.http("hr")
    path = f"/batches/{world.demo.batches[0].batch_id}"
    assert 'name="limit" min="0" max="1000" value="0"' in web.page(path).text
    assert web.post(f"{path}/walk-ins", limit="12").status_code in (200, 303)
    assert 'name="limit" min="0" max="1000" value="12"' in web.page(path).text
    for wrong in ("", "-1", "1001", "x"):
        answer = web.post(f"{path}/walk-ins", limit=wrong)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


def test_an_enrolment_code_is_shown_once_and_a_device_can_be_revoked(world: World) -> None:
    web = world.http("admin")
    text = web.post("/devices/code").text
    code = re.search(r'class="code mono">([0-9A-Z-]+)<', text)
    assert code
    assert world.hr.vault.fingerprint in text
    assert code[1] not in web.page("/devices").text
    booth = Booth(world.url, code[1])
    assert booth.device_id in web.page("/devices").text
    assert "已停用" in web.post(f"/devices/{booth.device_id}/revoke").text


def test_the_page_of_a_lost_device_says_what_it_may_hold_and_what_to_do(world: World) -> None:
    web = world.http("hr")
    booth = Booth(world.url, devices.new_enrolment_code(world.hr, Actor.command_line()))
    batch = world.demo.batches[0]
    sitting = Sitting(booth, batch.kit, batch.invitations[5].invitation_id)
    sitting.say(EventType.RESUMED, ResumedData())
    page = web.page(f"/devices/{booth.device_id}").text
    assert "正常" in page
    assert batch.invitations[5].candidate in page
    page = web.post(f"/devices/{booth.device_id}/lost").text
    assert "遗失" in page
    assert batch.invitations[5].code in page
    code = web.post("/devices/code", replaces=booth.device_id).text
    assert 'class="code mono"' in code
    again = Booth(world.url, re.search(r'class="code mono">([0-9A-Z-]+)<', code)[1])  # type: ignore[index]
    assert again.device_id in web.page(f"/devices/{booth.device_id}").text
    assert web.request("GET", f"{world.url}/devices/{booth.device_id}x", timeout=20).status_code == 404


def _count(world: World, action: str) -> int:
    rows, _ = audit_search.rows(world.hr, Actor.command_line(), limit=10_000)
    return sum(row.action == action for row in rows)
