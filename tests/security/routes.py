"""The routes an application really has, its mounted applications and included routers with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def table(app: Any) -> list[str]:
    """``METHOD /path`` of every route, in order; static folders as ``MOUNT /path``."""
    return list(dict.fromkeys(_walk(app.routes, "")))


def _walk(routes: Iterable[Any], prefix: str) -> Iterator[str]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _walk(included.routes, prefix + getattr(route.include_context, "prefix", ""))
        elif getattr(route, "methods", None):
            for method in sorted(set(route.methods) - _implied(route)):
                yield f"{method} {prefix}{route.path}"
        elif getattr(route, "routes", None):
            yield from _walk(route.routes, prefix + route.path)
        else:
            yield f"MOUNT {prefix}{route.path}"


def _implied(route: Any) -> set[str]:
    """HEAD where the framework adds it to every GET."""
    return {"HEAD"} if type(route).__module__.startswith("starlette") else set()
