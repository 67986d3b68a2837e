"""The way from a position over requisition, approval, batch and interviews to 待入职 and closing, on the pages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

import pytest
import requests

from tests.backend.world import Booth, Served, Talk, served
from tests.security import rights
from tests.security.places import login


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


class Person:
    """Somebody with a browser, logged in."""

    def __init__(self, backend: Served, who: str = rights.HR, language: str = "zh_CN") -> None:
        self._url = backend.url
        found = login(backend, who)
        self._csrf = found.csrf
        self._cookies = {"xuda_hr": found.token, "xuda_lang": language}

    def get(self, path: str, *, status: int = 200) -> str:
        answer = requests.get(self._url + path, cookies=self._cookies, timeout=60)
        assert answer.status_code == status, answer.text
        return html.unescape(answer.text)

    def post(self, path: str, *, status: int = 200, **fields: str) -> requests.Response:
        data = {"csrf": self._csrf, **fields}
        answer = requests.post(self._url + path, data=data, cookies=self._cookies, timeout=60)
        assert answer.status_code == status, answer.text
        return answer

    def upload(self, path: str, content: str) -> None:
        files = {"file": ("list.csv", content.encode())}
        data = {"csrf": self._csrf}
        answer = requests.post(self._url + path, data=data, files=files, cookies=self._cookies, timeout=60)
        assert answer.status_code == 200, answer.text


def path_of(answer: requests.Response) -> str:
    return re.sub(r"^https?://[^/]+|#.*$", "", answer.url)


def position(person: Person, title: str = "测试工程师", *, headcount: str = "3") -> str:
    """Id of a new position in rd."""
    fields = {"department": "rd", "title_zh_CN": title, "headcount": headcount, "staffed": "1", "skills": "Python"}
    person.post("/positions", **fields)
    found = re.findall(
        r"<span[^>]*>([^<]*)</span></td>(?:(?!</tr>).)*/requisitions/new\?position=([\w-]+)", listing(person)
    )
    return dict(found)[title]


def listing(person: Person) -> str:
    return person.get("/positions").replace("\n", "")


def requisition(person: Person, place: str, **more: str) -> str:
    fields = {"position": place, "wanted": "1", "threshold": "80", "reason": "业务增长", **more}
    return path_of(person.post("/requisitions", **fields))


def interviewed(booth: Booth, invitation: str, *, finished: bool) -> str:
    talk = Talk(booth, invitation)
    talk.started()
    talk.finished() if finished else talk.paused()
    talk.put_all()
    return talk.interview_id


def invitations(person: Person, batch: str) -> list[str]:
    return re.findall(r"to=invitation:([\w-]+)", person.get(batch))


def test_from_the_position_to_the_closed_requisition(backend: Served) -> None:
    asker, other = Person(backend), Person(backend)
    path = requisition(asker, position(asker))
    assert "草稿" in asker.get(path)
    asker.post(f"{path}/submit")
    assert f'action="{path}/approve"' not in asker.get(path)
    refused = asker.post(f"{path}/approve", status=403)
    assert "须由另一位同事审批" in refused.text
    assert "招聘中" in other.post(f"{path}/approve").text

    name = path.rpartition("/")[2]
    assert name in other.get(f"/batches/new?requisition={name}")
    period = {"start": "2026-01-01", "end": "2099-12-31"}
    batch = path_of(other.post("/batches", title="春招", kit="test", requisition=name, **period))
    other.upload(f"{batch}/candidates", "姓名,手机\n张一,13800001111\n王二,13800002222\n李三,13800003333\n")
    first, second, third = invitations(other, batch)
    booth = backend.enrol()
    good, weak = (interviewed(booth, one, finished=True) for one in (first, second))
    interviewed(booth, third, finished=False)
    assert "已完成2/3面试" in other.get(path)

    other.post(f"/interviews/{weak}/score", score="79")
    other.post(f"/interviews/{good}/score", score="91")
    page = other.get(path)
    assert f"{path}/confirm/{good}" in page
    assert f"{path}/confirm/{weak}" not in page
    low = other.post(f"{path}/confirm/{weak}", status=409)
    assert "分数线 80" in low.text
    done = other.post(f"{path}/confirm/{good}").text
    assert "rd-待入职" in done
    assert "已招满" in done
    assert "已招 1/1 人" in done
    assert "rd-待入职" in other.get("/interviews")
    assert "rd-待入职" in other.get(f"/interviews/{good}")
    assert json.loads(other.get(f"{path}/summary.json"))["progress"] == {
        "invited": 3,
        "complete": 2,
        "hired": 1,
        "wanted": 1,
    }
    assert name not in other.get("/batches/new")

    without = other.post(f"/interviews/{good}/decision", status=422, ruling="reject")
    assert "理由" in without.text
    other.post(f"/interviews/{good}/decision", ruling="reject", reason="接受了其他录用")
    assert "接受了其他录用" in other.get(f"/interviews/{good}")
    assert "招聘中" in other.get(path)
    other.post(f"{path}/close", words="预算取消")
    assert "预算取消" in other.get(path)
    assert "招聘中" in other.post(f"{path}/reopen").text
    audit = Person(backend, rights.AUDITOR).get("/audit")
    for words in ("批准招聘需求", "招聘需求已招满，自动关闭", "对候选人作出决定", "为面试评分"):
        assert words in audit
    assert "接受了其他录用" not in audit


@pytest.mark.parametrize(("language", "words"), [("zh_CN", "人数须为 1 至 1000"), ("en", "from 1 to 1000")])
def test_what_is_wrong_is_said_and_what_was_typed_stays(backend: Served, language: str, words: str) -> None:
    person = Person(backend, language=language)
    place = position(person, f"职位 {language}")
    fields = {"position": place, "wanted": "0", "threshold": "80", "reason": "<b>typed</b>"}
    refused = person.post("/requisitions", status=422, **fields)
    assert words in refused.text
    assert "&lt;b&gt;typed&lt;/b&gt;" in refused.text
    for field, text in (("wanted", "x"), ("threshold", "101"), ("needed_by", "soon"), ("position", "")):
        person.post("/requisitions", status=422, **{**fields, "wanted": "1", field: text})
    person.post("/requisitions", status=404, **{**fields, "wanted": "1", "position": "none"})
    person.post("/positions", status=422, department="rd", title_zh_CN="", headcount="1", staffed="0")


def test_a_rejected_requisition_says_why_and_is_changed_and_submitted_again(backend: Served) -> None:
    asker, other = Person(backend), Person(backend)
    place = position(asker, "架构师", headcount="5")
    path = requisition(asker, place)
    asker.post(f"{path}/submit")
    other.post(f"{path}/reject", status=422)
    assert "五月前不增编" in other.post(f"{path}/reject", words="五月前不增编").text
    assert 'value="1"' in asker.get(f"{path}/edit")
    fields = {"position": place, "wanted": "9", "threshold": "75", "reason": "替补"}
    assert "替补" in asker.post(f"{path}/edit", **fields).text
    assert "只剩 4 个名额" in asker.post(f"{path}/submit", status=409).text
    asker.post(f"{path}/edit", **{**fields, "wanted": "2"})
    asker.post(f"{path}/submit")
    assert "招聘中" in other.post(f"{path}/approve").text
    other.post(f"{path}/edit", status=422, **fields)


def test_a_department_head_asks_and_sees_but_does_not_approve(backend: Served) -> None:
    place = position(Person(backend), "前端工程师")
    head = Person(backend, rights.HEAD)
    path = requisition(head, place)
    page = head.post(f"{path}/submit").text
    assert f"{path}/withdraw" in page
    assert f"{path}/approve" not in page
    head.post(f"{path}/approve", status=403)
    assert "/positions/new" not in head.get("/positions")
    assert path in head.get("/requisitions")


def test_the_list_is_filtered_by_state_and_read_by_programs(backend: Served) -> None:
    person = Person(backend)
    path = requisition(person, position(person, "数据工程师"))
    assert path in person.get("/requisitions?state=draft")
    assert path not in person.get("/requisitions?state=filled")
    found = json.loads(person.get("/requisitions.json?state=draft"))
    assert path.rpartition("/")[2] in {line["requisition_id"] for line in found["requisitions"]}
    assert found["total"] == len(found["requisitions"])
    assert "查看" in person.get("/requisitions?state=discarded") or "筛选" in person.get(
        "/requisitions?state=discarded"
    )


def test_an_administrator_builds_the_tree_and_hr_closes_positions(backend: Served) -> None:
    admin, officer = Person(backend, rights.ADMINISTRATOR), Person(backend)
    fields = {"department_id": "branch-east", "parent": "sales", "name_zh_CN": "华东分公司"}
    assert "华东分公司" in admin.post("/departments", **fields).text
    assert "已有部门使用这个短名称" in admin.post("/departments", status=422, **fields).text
    assert 'value="华东分公司"' in admin.get("/departments/branch-east/edit")
    inside = admin.post("/departments/sales/edit", status=422, parent="branch-east", name_zh_CN="销售部")
    assert "不能隶属于自身或其下级" in inside.text
    assert "/departments/new" not in officer.get("/positions")
    officer.get("/departments/new", status=403)
    place = position(officer, "仓库主管")
    path = requisition(officer, place)
    officer.post(f"{path}/submit")
    assert "请先关闭或撤回" in officer.post(f"/positions/{place}/close", status=409).text
    officer.post(f"{path}/withdraw")
    assert "仓库主管" not in officer.post(f"/positions/{place}/close").text
