"""Pushes results and decisions from Xuda to an HR system: an adapter to start from, with the standard library alone.

    XUDA_TOKEN=xuda_… HR_TOKEN=… python push_results.py --xuda https://hr.example.com --to https://hris.example.com/api

The token needs the scopes ``results:read``, ``decisions:read`` and ``candidates:read``. Each run asks for what changed
since the last one (``--state`` remembers it) and puts one record per interview to ``TO/interviews/ID``. A record that
the HR system does not take stops the run: the next one begins with it again, so nothing is lost and nothing is out of
order. PUT makes a repeated record harmless. Run it from a timer, and from your webhook for result.ready and
decision.released if it should be at once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def ask(method: str, url: str, token: str, body: Record | None = None) -> Any:
    """The answer's JSON, None for an empty one. Raises urllib.error.URLError."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 -- from the command line
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        content = answer.read()
    return json.loads(content) if content else None


def changed(base: str, token: str, what: str, since: str | None, **filters: str) -> Iterator[Record]:
    """Every row of a list that changed at ``since`` or later, oldest change first, over all pages."""
    wanted = {"limit": "200", **filters, **({"changed_since": since} if since else {})}
    while True:
        page = ask("GET", f"{base}/api/v1/{what}?{urllib.parse.urlencode(wanted)}", token)
        yield from page["items"]
        if page["next"] is None:
            return
        wanted["cursor"] = page["next"]


def push(base: str, token: str, target: str, target_token: str, state: Path) -> int:
    """Push what is new; how many records were taken."""
    seen: dict[str, str] = json.loads(state.read_text()) if state.exists() else {}
    count = 0
    for what, filters in (("results", {}), ("decisions", {"released": "true"})):
        for row in changed(base, token, what, seen.get(what), **filters):
            key = f"{what}:{row['interview_id']}"
            if seen.get(key) != row["changed_at"]:  # the newest of the last run comes once more
                record = {"source": "xuda", "kind": what, **row, "candidate": candidate(base, token, row)}
                where = f"{target}/interviews/{urllib.parse.quote(row['interview_id'])}"
                ask("PUT", where, target_token, record)
                count += 1
            seen = {name: at for name, at in seen.items() if not name.startswith(f"{what}:") or at == row["changed_at"]}
            seen |= {what: row["changed_at"], key: row["changed_at"]}
            keep(state, seen)
    return count


def candidate(base: str, token: str, row: Record) -> Record | None:
    """By whom the HR system knows them; None once they were erased."""
    if row["invitation_id"] is None:
        return None
    found = ask("GET", f"{base}/api/v1/candidates/{row['invitation_id']}", token)
    return {name: found[name] for name in ("name", "phone", "email")} if found["name"] else None


def keep(state: Path, seen: dict[str, str]) -> None:
    """Replaced in one step, so that a crash leaves the old or the new."""
    fresh = state.with_suffix(".new")
    fresh.write_text(json.dumps(seen))
    fresh.replace(state)


def main() -> int:
    parser = argparse.ArgumentParser(description="Push results and decisions from Xuda to an HR system.")
    parser.add_argument("--xuda", required=True, help="address of Xuda, without /api")
    parser.add_argument("--to", required=True, help="address of the HR system's API")
    parser.add_argument("--state", type=Path, default=Path("push_results.json"), help="file that remembers how far")
    given = parser.parse_args()
    try:
        count = push(
            given.xuda.rstrip("/"), os.environ["XUDA_TOKEN"], given.to.rstrip("/"), os.environ["HR_TOKEN"], given.state
        )
    except urllib.error.URLError as error:
        print(f"stopped, the next run goes on here: {error}", file=sys.stderr)
        return 1
    print(f"{count} records pushed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
