"""In a real browser: a messy workbook of 200 becomes a batch, and everybody in it is written to once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backend.services import batches
from tests.backend.mailbox import Hook, Mailbox, dingtalk_judge, hook, mailbox
from tests.backend.posting import FROM
from tests.backend.test_workbooks import workbook
from tests.backend.world import COMMAND_LINE, Served, served
from tests.portal.browser import By, Chrome, chromium, press, wait_for
from tests.security import rights
from tests.security.places import login

PEOPLE = 200


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture(scope="module")
def robot() -> Iterator[Hook]:
    with hook(dingtalk_judge("SECx")) as found:
        yield found


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory, box: Mailbox, robot: Hook) -> Iterator[Served]:
    from backend.sending.settings import Sending

    sending = Sending(
        smtp_host=box.host,
        smtp_port=box.port,
        smtp_security="none",
        smtp_from=FROM,
        dingtalk_url=f"{robot.url}/robot/send?access_token=t",
        dingtalk_secret="SECx",
        robot_per_minute=6000,
        private=True,
    )
    with served(tmp_path_factory.mktemp("hr") / "data", sending=sending) as found:
        yield found


def messy() -> bytes:
    """A title, an odd header, and between the good rows some that cannot be used."""
    rows: list[list[object]] = [["2026 届校园招聘报名表"], [], ["序号", "报名人", "联络号码", "网址", "毕业学校"]]
    for number in range(PEOPLE):
        name = f"报名{chr(0x4E00 + number)}"
        rows.append([number, name, 13900000000 + number, f" P{number}@Example.test ", "某大学"])
        if number % 40 == 3:
            rows.append([number, name, 13900000000 + number, "", ""])  # twice
        if number % 40 == 7:
            rows.append([number, "没有号码", "暂无", "", ""])
        if number % 40 == 9:
            rows.append([None, "", "", "", ""])
    return workbook(rows)


def choose(browser: Chrome, column: int, field: str) -> None:
    wait_for(lambda: len(browser.find_elements(By.NAME, "column")) > column, "the columns")
    selects = browser.find_elements(By.NAME, "column")
    selects[column].find_element(By.CSS_SELECTOR, f"option[value='{field}']").click()


def text(browser: Chrome) -> str:
    return str(browser.execute_script("return document.getElementById('content')?.innerText ?? ''"))


def see(browser: Chrome, *words: str, seconds: float = 30) -> None:
    """Wait until the page says all of it; it may still be loading."""
    wait_for(lambda: all(word in text(browser) for word in words), " and ".join(words), seconds=seconds, step=0.2)


@pytest.mark.timeout(300)
def test_from_a_messy_workbook_to_everybody_being_written_to_once(
    backend: Served, box: Mailbox, robot: Hook, tmp_path: Path
) -> None:
    now = backend.hr.now()
    batch = batches.add_batch(
        backend.hr, COMMAND_LINE, kit_id="test", title="校招", not_before=now, not_after=now + timedelta(days=9)
    )
    (tmp_path / "list.xlsx").write_bytes(messy())
    box.answers["p5@example.test"] = ["550 5.1.1 nobody"]
    with chromium() as browser:
        browser.get(f"{backend.url}/login")
        browser.add_cookie({"name": "xuda_hr", "value": login(backend, rights.HR).token, "path": "/"})
        browser.get(f"{backend.url}/batches/{batch}")
        browser.find_element(By.NAME, "file").send_keys(str(tmp_path / "list.xlsx"))
        press(browser, "form[enctype] button.main")
        see(browser, "选择列")
        for column, field in ((1, "name"), (2, "phone"), (3, "email"), (0, "-")):
            choose(browser, column, field)
        press(browser, "button[value=import]")
        see(browser, "已邀请 200 人 · 10 行")
        press(browser, f"a[href='/batches/{batch}/sending']")
        for tick in browser.find_elements(By.CSS_SELECTOR, "input[name=channel]:not(:checked)"):
            tick.click()
        press(browser, "button[value=preview]")
        see(browser, "将发送 400 条消息")
        see(browser, "邀请您参加")
        press(browser, "button[value=send]")
        # the page tells how far it is without being loaded again
        browser.execute_script("window.stays = true")
        wait_for(
            lambda: "已发送 199" in text(browser) and "已发送 200" in text(browser),
            "all to be sent",
            seconds=200,
            step=0.5,
        )
        assert browser.execute_script("return window.stays") is True
        browser.get(f"{browser.current_url.partition('?')[0]}?which=troubled")
        see(browser, "没有此邮箱")
        browser.find_element(By.LINK_TEXT, "更正联系方式").click()
        field = browser.find_element(By.NAME, "email")
        field.clear()
        field.send_keys("p5-right@example.test")
        press(browser, "form button.main")
        press(browser, "input[name=which][value=troubled]")
        press(browser, "button[value=preview]")
        press(browser, "button[value=send]")
        wait_for(
            lambda: text(browser).count("已发送 200") == 2 and "被拒收" not in text(browser), "the last", seconds=30
        )
    wanted = {f"p{number}@example.test" for number in range(PEOPLE)} - {"p5@example.test"} | {"p5-right@example.test"}
    assert box.counts() == dict.fromkeys(wanted, 1)
    told = Counter(asked.json["at"]["atMobiles"][0] for asked in robot.asked)
    assert told == {f"139{number:08d}": 1 for number in range(PEOPLE)}
