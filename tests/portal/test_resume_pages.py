"""Résumés on pages: uploaded in memory, sorted, kept, written to."""

from __future__ import annotations

from backend.portal.memory_form import MOST_BYTES
from tests.portal.world import World


def test_resumes_are_uploaded_sorted_and_decided_on(world: World) -> None:
    batch, web = world.demo.batches[0], world.http("hr")
    home = f"/batches/{batch.batch_id}/resumes"
    first, second = batch.invitations[0], batch.invitations[1]
    files = [
        ("files", (f"{first.code}.txt", "本科，精通 Python <b>".encode())),
        ("files", ("谁的.txt", b"nobody")),
        ("files", (f"{second.code}.txt", b"x" * 1_500_000)),  # more than the form parser would keep off the disk
    ]
    answer = web.post("/resumes", files=files, batch=batch.batch_id)
    assert answer.status_code == 200
    assert "已接收 2 个文件" in answer.text
    assert "文件名中没有本批次候选人" in answer.text
    refused = web.post(f"{home}/rules", must="男", education="0", years="0")
    assert refused.status_code == 422
    assert "不得按性别" in refused.text
    sorted_page = web.post(f"{home}/rules", must="Python", education="2", years="0")
    assert "符合条件" in sorted_page.text
    kept = web.post(f"{home}/rulings", do="keep", chosen=first.invitation_id)
    assert "保留" in kept.text
    page = web.page(f"{home}/{first.invitation_id}")
    assert "精通 Python &lt;b&gt;" in page.text
    file = web.page(f"{home}/{first.invitation_id}/file.bin")
    assert file.content == "本科，精通 Python <b>".encode()
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["x-content-type-options"] == "nosniff"


def test_a_form_without_its_token_or_too_large_is_refused(world: World) -> None:
    batch, web = world.demo.batches[0], world.http("hr")
    files = {"files": ("a.txt", b"x")}
    answer = web.request("POST", web.url + "/resumes", data={"batch": batch.batch_id}, files=files, timeout=20)
    assert answer.status_code == 403
    large = {"files": ("a.txt", bytes(MOST_BYTES))}
    assert web.post("/resumes", files=large, batch=batch.batch_id).status_code == 413
    assert web.post("/resumes", files={"files": ("", b"")}, batch=batch.batch_id).status_code == 422
