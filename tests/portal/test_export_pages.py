"""Reports of many interviews and tables of results, as people order and download them."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from openpyxl import load_workbook

from tests.portal.browser import By, chromium, log_in, press, wait_for
from tests.portal.world import Web, World


def order(web: Web, query: str, *what: str) -> str:
    """Address of the job's page."""
    data = [("csrf", web.token("/account")), *(("what", item) for item in what)]
    answer = web.request("POST", f"{web.url}/exports{query}", data=data, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.url.removeprefix(web.url)


def ready(web: Web, path: str) -> None:
    wait_for(lambda: "archive.zip" in web.page(path).text or "totp" in web.page(path).text, "the archive", seconds=60)


def test_reports_of_a_list_are_ordered_made_and_downloaded(world: World, officer: Web) -> None:
    form = officer.page("/exports/new?state=pending_review").text
    assert "1 场" in form
    path = order(officer, "?state=pending_review", "pdf", "json", "xlsx")
    ready(officer, path)
    answer = officer.page(f"{path}/archive.zip")
    assert answer.headers["Content-Type"] == "application/zip"
    found = zipfile.ZipFile(io.BytesIO(answer.content))
    interview = world.sittings["finished"].interview_id
    assert found.read(f"interviews/0001-{interview}/report.pdf").startswith(b"%PDF")
    sheet = load_workbook(io.BytesIO(found.read("results.xlsx"))).worksheets[0]
    assert sheet.cell(2, 2).value == world.demo.batches[0].invitations[0].candidate
    assert path in officer.page("/exports").text


def test_an_archive_with_recordings_needs_a_fresh_code(world: World) -> None:
    web = world.http("hr")
    path = order(web, f"?i={world.sittings['finished'].interview_id}", "recordings")
    ready(web, path)
    world.clock.advance(world.hr.settings.fresh_totp + 60)
    assert web.page(f"{path}/archive.zip").status_code == 403
    assert web.post(f"{path}/unlock", totp="000000").status_code == 401
    assert web.post(f"{path}/unlock", totp=world.totp("hr")).status_code == 200
    answer = web.page(f"{path}/archive.zip")
    assert answer.status_code == 200
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert len([name for name in names if "/media/" in name]) == 2


def test_another_person_does_not_see_the_job(world: World) -> None:
    path = order(world.http("hr"), "?state=declined", "csv")
    head = world.http("rd.head")
    for address in (path, f"{path}/archive.zip"):
        assert head.page(address).status_code == 404
    assert path not in head.page("/exports").text


def test_mistakes_are_said_and_nothing_is_ordered(world: World) -> None:
    web = world.http("hr")
    token = web.token("/account")
    for query, what, words in (("?state=rejected", ["pdf"], "没有符合条件的面试"), ("", [], "请至少选择一项内容")):
        data = [("csrf", token), *(("what", item) for item in what)]
        answer = web.request("POST", f"{web.url}/exports{query}", data=data, timeout=30)
        assert answer.status_code == 422
        assert words in answer.text


def test_the_table_of_results_is_downloaded_at_once(world: World) -> None:
    web = world.http("hr")
    text = web.page("/results.csv").content.decode("utf-8-sig")
    people = [view.candidate for batch in world.demo.batches for view in batch.invitations]
    assert all(name in text for name in people)
    assert "网络" in text or "技术问题" in text
    head = world.http("rd.head").page("/results.csv").content.decode("utf-8-sig")
    assert world.demo.batches[1].invitations[0].candidate not in head
    phone = world.demo.batches[0].invitations[0].phone
    assert phone in text
    assert phone not in head
    made = web.page(f"/results.xlsx?batch={world.demo.batches[1].batch_id}")
    assert load_workbook(io.BytesIO(made.content)).worksheets[0].max_row == 1 + len(world.demo.batches[1].invitations)
    assert "下载结果表" in world.http("admin").page("/audit").text


def test_a_person_ticks_interviews_and_watches_the_archive_being_made(world: World, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        log_in(browser, world, "hr")
        browser.get(f"{world.url}/interviews?state=incomplete")
        browser.find_element(By.CSS_SELECTOR, "td.tick label").click()
        press(browser, "button[formaction='/exports/new']")
        wait_for(lambda: browser.find_elements(By.NAME, "what"), "the form")
        press(browser, "form[method=post] button.main")
        wait_for(lambda: re.search(r"/exports/[0-9a-f-]{36}$", browser.current_url), "the job's page")
        wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "a[href$='archive.zip']"), "the archive", seconds=60)
        press(browser, "a[href$='archive.zip']")
        wait_for(lambda: list(tmp_path.glob("reports-*.zip")), "the download", seconds=30)
        [file] = tmp_path.glob("reports-*.zip")
        wait_for(lambda: zipfile.is_zipfile(file), "the whole of it")
        names = zipfile.ZipFile(file).namelist()
        assert f"interviews/0001-{world.sittings['abandoned'].interview_id}/report.pdf" in names
