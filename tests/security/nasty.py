"""Values that have broken programs before: for every text and number that comes from outside."""

from __future__ import annotations

import copy
import random
from typing import Any

MARK = "zq7"  # in every nasty text, to find it again
MARKUP = (
    f"<script>alert('{MARK}')</script>",
    f'"><img src=x onerror=alert("{MARK}")>',
    f"{{{{ 7*7 }}}}{{% {MARK} %}}",
    f"</script><svg/onload={MARK}>",
    f"<a href='http://{MARK}.example'>click</a>",
    f'#include {MARK} #eval("1+1") $x^2$ ]{{}} @cite \\u{{202e}}',  # what the PDF's own language would run
    f"--> {MARK}\n\nNOTE -->\n00:00.000 --> 99:00.000\n<i>",
)
FORMULAS = (*(f"{first}1+1&cmd|' /C {MARK}'!A0" for first in "=+-@\t\r\n＝"), f'" =HYPERLINK("http://{MARK}")')
PATHS = (
    f"../../{MARK}",
    f"..\\..\\{MARK}",
    f"/etc/{MARK}",
    f"C:\\{MARK}",
    f"\\\\host\\{MARK}",
    f"CON.{MARK}",
    f"NUL {MARK}",
    f"{MARK}\x00.pdf",
    f"․․/{MARK}",
    f"．．／{MARK}",
    f"{MARK}." + "x" * 300,
    f'{MARK}"; filename="evil.exe',
    f"{MARK}\r\nSet-Cookie: a=b",
)
INVISIBLE = (
    f"{MARK}\u202egpj.exe",
    f"\u2066{MARK}\u2069\u200f\u061c",
    f"{MARK}\x1b[2J\x1b]0;title\x07\x9b31m",
    f"{MARK}\x00\x01\x08\x7f\x85\ufeff\ufffe",
    f"{MARK}\u2028\u2029\u200b",
    f"{MARK}\U000e0041\U0010ffff\ue000",
    f"{MARK}" + "\u0301" * 500,
    f"{MARK}" + "字" * 20_000,
    "",
    " ",
)
TEXTS = MARKUP + FORMULAS + PATHS + INVISIBLE
NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, 10**400, -(10**30)),
    *(float("nan"), float("inf"), float("-inf"), -0.0, 1e308, 5e-324, 0.5, -1e9),
)
ODD: tuple[Any, ...] = (None, True, [], {}, [[]], {"": ""}, {"__proto__": {"a": 1}}, ["x"] * 2000)
TIMES = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "2038-01-19T03:14:08Z",
    "9999-12-31T23:59:59-14:00",
    "2026-06-30T23:59:60Z",
)


def nested(depth: int) -> Any:
    """A list in a list in a list …"""
    value: Any = MARK
    for _ in range(depth):
        value = [value]
    return value


def value(rng: random.Random, like: object) -> Any:
    """Mostly of the same kind as ``like``, so that it comes far; sometimes something else altogether."""
    draw = rng.random()
    if draw < 0.1:
        return copy.deepcopy(rng.choice(ODD))
    if draw < 0.13:
        return nested(rng.choice((5, 50, 150)))
    if isinstance(like, bool):
        return rng.choice((True, False, 1, "yes"))
    if isinstance(like, int | float):
        return rng.choice(NUMBERS)
    return rng.choice(TIMES) if isinstance(like, str) and like[4:5] == "-" and "T" in like else rng.choice(TEXTS)


def spoil(rng: random.Random, document: Any, times: int) -> None:
    """Put nasty values at ``times`` random places of a JSON document, and sometimes something nobody asked for."""
    for _ in range(times):
        holder, name = rng.choice(list(_places(document)))
        if isinstance(holder, dict) and rng.random() < 0.1:
            holder[rng.choice(TEXTS)] = value(rng, "")
        else:
            holder[name] = value(rng, holder[name])


def _places(document: Any) -> list[tuple[Any, Any]]:
    """(holder, name or position) of every value."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        holder = waiting.pop()
        items = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
        found += [(holder, name) for name, _ in items]
        waiting += [item for _, item in items if isinstance(item, dict | list)]
    return found
