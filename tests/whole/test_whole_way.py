"""From the wish for somebody new to their first day, as people do it: browsers, mail, real clients, a real backend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.portal.browser import By, wait_for
from tests.portal.test_sending_browser import PEOPLE, messy
from tests.whole.candidate import SAID, Candidate, invited_by
from tests.whole.site import Person, Site, embedded, shared, staff

REASON = "家里有急事，需要马上离开"


@pytest.mark.timeout(900)
def test_from_the_requisition_to_the_first_day(tmp_path: Path) -> None:
    with embedded(tmp_path) as site:
        walk(site)


@pytest.mark.timeout(900)
def test_the_same_with_two_servers_on_one_database_and_one_bucket_of_which_one_is_lost(
    tmp_path: Path, postgres: Callable[[], str], s3: Callable[[], dict[str, str]]
) -> None:
    with shared(tmp_path, postgres(), s3()) as site:
        walk(site)


def walk(site: Site) -> None:
    """The whole way; nothing in it knows where the site's data lie."""
    with staff(site, "rd.head", "hr", "auditor") as (head, officer, auditor):
        requisition = ask_and_approve(head, officer)
        publish_kit(officer)
        batch = invite(officer, site, requisition)
        first, second = (enrolled(site, officer, name) for name in ("booth-1", "booth-2"))
        sit_interviews(site, first, second)
        interview = watch(officer)
        review(officer, interview)
        confirm(officer, requisition, interview)
        tell(officer, site, interview)
        report(officer, site, interview)
        audited(auditor, requisition, batch, interview)


def ask_and_approve(head: Person, officer: Person) -> str:
    """A department's wish, approved by other eyes. Its path."""
    head.open("/requisitions/new")
    position = head.browser.find_element(By.XPATH, "//select[@name='position']/option[contains(., '软件工程师')]")
    head.fill(position=position.get_attribute("value") or "", wanted="1", threshold="80", reason="业务增长")
    head.press("form.form button.main")
    head.see("草稿")
    path = head.path
    head.press(f"form[action='{path}/submit'] button")
    head.see("待审批")
    officer.open(path)
    officer.press(f"form[action='{path}/approve'] button")
    officer.see("招聘中", "已招 0/1")
    return path


def publish_kit(officer: Person) -> None:
    """From the position's skills: one proposal of each stage is read and accepted, the others go."""
    officer.open("/kit-drafts/new")
    option = officer.browser.find_element(By.XPATH, "//select[@name='position']/option[contains(., '软件工程师')]")
    officer.fill(position=option.get_attribute("value") or "")
    officer.press("form.form button.main")
    officer.see("预计时长")
    rows = "#questions tbody tr"
    while more := officer.browser.find_elements(By.CSS_SELECTOR, f"{rows} + tr button[title='移除']"):
        left = len(officer.browser.find_elements(By.CSS_SELECTOR, rows)) - 1
        more[0].click()
        officer.count(rows, left)
    draft = officer.path
    while waiting := officer.browser.find_elements(By.XPATH, "//tr[.//*[contains(@class,'chip warn')]]//td[1]/a"):
        waiting[0].click()
        wait_for(lambda: "/items/" in officer.path, "the question")
        officer.press("form.form button.main")
        wait_for(lambda: officer.path == draft, "the draft again")
    officer.open(f"{draft}/items/practice")
    officer.press("form.form button.main")
    wait_for(lambda: officer.path == draft, "the draft again")
    officer.press("#publish button.main")
    wait_for(lambda: officer.path.startswith("/kits/"), "the published kit")
    officer.see("第 1 版")


def invite(officer: Person, site: Site, requisition: str) -> str:
    """200 people of a messy workbook, each written to once by mail and by the group's robot. The batch's path."""
    officer.open(requisition)
    kit = "software-engineer"
    officer.open(f"/batches/new?requisition={requisition.rpartition('/')[2]}")
    today = datetime.now(UTC).date()
    officer.fill(title="春季校招", kit=kit, start=str(today), end=str(today + timedelta(days=14)))
    officer.press("form.form button.main")
    officer.see("导入候选人")
    batch = officer.path
    (site.folder / "list.xlsx").write_bytes(messy())
    officer.browser.find_element(By.NAME, "file").send_keys(str(site.folder / "list.xlsx"))
    officer.press("form[enctype] button.main")
    officer.see("选择列")
    wait_for(lambda: len(officer.browser.find_elements(By.NAME, "column")) > 3, "the columns")
    selects = officer.browser.find_elements(By.NAME, "column")
    for column, field in ((1, "name"), (2, "phone"), (3, "email"), (0, "-")):
        selects[column].find_element(By.CSS_SELECTOR, f"option[value='{field}']").click()
    officer.press("button[value=import]")
    officer.see(f"已邀请 {PEOPLE} 人")
    officer.open(f"{batch}/sending")
    for tick in officer.browser.find_elements(By.CSS_SELECTOR, "input[name=channel]:not(:checked)"):
        tick.click()
    officer.press("button[value=preview]")
    officer.see(f"将发送 {2 * PEOPLE} 条消息")
    officer.press("button[value=send]")
    wait_for(lambda: officer.text().count(f"已发送 {PEOPLE}") == 2, "all to be written to", seconds=240, step=0.5)
    assert site.box.counts() == {f"p{number}@example.test": 1 for number in range(PEOPLE)}
    assert len(site.robot.asked) == PEOPLE
    return batch


def enrolled(site: Site, officer: Person, name: str) -> Candidate:
    officer.open("/devices")
    officer.press("form[action='/devices/code'] button")
    officer.see("仅显示这一次")
    return Candidate(site, name, officer.browser.find_element(By.CSS_SELECTOR, "p.code.mono").text)


def sit_interviews(site: Site, first: Candidate, second: Candidate) -> None:
    """One answers everything, one leaves and says why."""
    codes = [invited_by(site.box.to(f"p{number}@example.test"), site.folder) for number in (0, 1)]
    feedback = {"entrance_clear": 5, "flow_smooth": 5, "overall": 4, "words": "很顺利"}
    first.answer(codes[0], questionnaire=feedback)
    site.lose_a_server()
    second.answer(codes[1], leave={"after": 1, "how": "abandon", "reason": "other", "words": REASON})
    first.deliver()
    second.deliver()


def watch(officer: Person) -> str:
    """What HR sees of it: who has finished, who has left and why. The path of the finished interview."""
    officer.open("/interviews?state=incomplete")
    officer.see("未完成", "其他")
    officer.browser.find_element(By.CSS_SELECTOR, "table a[href^='/interviews/']").click()
    officer.see(REASON)
    officer.open("/interviews?state=pending_review")
    officer.see("待评估")
    link = officer.browser.find_element(By.CSS_SELECTOR, "table a[href^='/interviews/']")
    return (link.get_attribute("href") or "").replace(officer.address, "")


def review(officer: Person, interview: str) -> None:
    """With the recording, and every answer rated."""
    browser = officer.browser
    officer.open(interview)
    officer.see("评分与决定")
    if browser.find_elements(By.NAME, "totp"):  # the login was some minutes ago
        officer.fill(totp=officer.code())
        officer.press(".watch button.main")
    ready = "const p = document.getElementById('player'); return p ? p.readyState : 0"
    wait_for(lambda: browser.execute_script(ready) >= 2, "the recording", seconds=30)
    assert browser.execute_script("return document.getElementById('player').videoWidth") > 0
    heard = "".join(part.text for part in browser.find_elements(By.CSS_SELECTOR, ".transcript"))
    assert SAID[:4] in heard, heard
    for level in browser.find_elements(By.CSS_SELECTOR, "[data-rate] .anchor input[value='5']"):
        browser.execute_script("arguments[0].click()", level)
    wait_for(lambda: "100" in browser.find_element(By.CSS_SELECTOR, "[data-total]").text, "the total")
    officer.press("#scorecard button[value=hand_in]")
    officer.see("100", "提交")


def confirm(officer: Person, requisition: str, interview: str) -> None:
    """A person confirms what was proposed; the last place closes the requisition."""
    officer.open(requisition)
    officer.see("已完成1/")
    officer.press(f"form[action='{requisition}/confirm/{interview.rpartition('/')[2]}'] button")
    officer.see("研发部-待入职", "已招满", "已招 1/1")


def tell(officer: Person, site: Site, interview: str) -> None:
    """The candidate reads the result in a mail."""
    officer.open(f"{interview}/tell")
    officer.see("待入职", "同时发送消息")
    officer.press("button[name=do][value=release]")
    wait_for(lambda: officer.again("已发送"), "the mail", seconds=30, step=0.5)
    news = [mail for address, mail in site.box.mails if address == "p0@example.test"][1:]
    assert ["新进展" in mail["Subject"] for mail in news] == [True]


def report(officer: Person, site: Site, interview: str) -> None:
    officer.open(interview)
    officer.see("研发部-待入职")
    officer.press("a[href$='/report.pdf']")
    folder = site.folder / "downloads"
    wait_for(lambda: list(folder.glob("*.pdf")), "the report", seconds=30)
    text = "".join(page.extract_text() for page in PdfReader(next(folder.glob("*.pdf"))).pages)
    assert SAID[:4] in "".join(text.split())


def audited(auditor: Person, requisition: str, batch: str, interview: str) -> None:
    """Another year somebody can see who did what, and that nothing was taken out."""
    auditor.open("/audit?check=1")
    auditor.see("日志完整")
    seen = ""
    for page in range(1, 40):
        auditor.open(f"/audit?page={page}")
        seen += auditor.text()
        if requisition.rpartition("/")[2] in seen:
            break
    for path in (requisition, batch, interview):
        assert path.rpartition("/")[2] in seen, path
    for words in ("查看录像", "下载报告"):
        assert words in seen, words
