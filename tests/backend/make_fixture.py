"""Makes the data folder of the current database version that later versions must still open.

    python -m tests.backend.make_fixture

Run it once when a version is released, and never for a version that was released before: its folder stays as it is.
``facts.json`` holds what the tests look for: ids, the interview's key and what was said.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from backend.db.migrate import newest_version
from contract.canonical import b64encode
from tests.backend import tus
from tests.backend.world import Talk, invite, served

TARGET = Path(__file__).parent / "data" / f"version-{newest_version()}"
PASSPHRASE = "fixture"
NAME = "李雷"
PHONE = "13800138000"


def main() -> None:
    if TARGET.exists():
        raise SystemExit(f"{TARGET.name} exists and is never made again")
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        with served(data, passphrase=PASSPHRASE) as backend:
            talk = Talk(backend.enrol(), invite(backend.hr, NAME, phone=PHONE))
            talk.started()
            sealed = talk.seal(b"a face and a voice" * 50)
            talk.spoken(sealed)
            talk.heard("我负责数据库")
            talk.finished()
            talk.put_all()
            tus.upload(talk, sealed)
            answer = talk.deliver(talk.manifest([sealed.ref]))
            assert answer.json()["receipt"], answer.text
        facts = {
            "interview_id": talk.interview_id,
            "interview_key": b64encode(talk.key),
            "object_id": sealed.object_id,
            "said": "我负责数据库",
            "name": NAME,
            "phone": PHONE,
            "envelopes": {seq: item.payload for seq, item in talk.envelopes.items()},
        }
        (data / "facts.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1), "utf-8")
        (data / "serve.lock").unlink(missing_ok=True)
        shutil.copytree(data, TARGET)


if __name__ == "__main__":
    main()
