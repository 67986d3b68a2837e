"""Every route says who may use it; tests/security then asks as everybody whether that is so."""

from __future__ import annotations

import re
from pathlib import Path

from backend.app import create_app
from tests.backend.world import organisation
from tests.security.places import BUILDERS, PATHS
from tests.security.rights import BY_ROUTE, OPEN, RIGHTS
from tests.security.routes import table


def test_every_route_has_its_expectation(tmp_path: Path) -> None:
    hr = organisation(tmp_path / "data")
    try:
        routes = table(create_app(hr.settings, runtime=hr))
    finally:
        hr.close()
    missing = [route for route in routes if route not in BY_ROUTE]
    assert not missing, (
        "Nobody has said who may use: " + ", ".join(missing) + ". Add a line for each to RIGHTS in "
        'tests/security/rights.py, for example Right("'
        + missing[0]
        + '", STAFF), and run tests/security/test_rights.py.'
    )
    gone = [route for route in BY_ROUTE if route not in routes]
    assert not gone, "tests/security/rights.py speaks of routes that are no more: " + ", ".join(gone)


def test_everything_a_route_needs_can_be_filled_in() -> None:
    names = {name for right in RIGHTS for name in re.findall(r"\{(\w+)\}", right.path)}
    assert names <= set(PATHS), f"add to PATHS in tests/security/places.py: {sorted(names - set(PATHS))}"
    requests = {right.request for right in RIGHTS}
    assert requests <= set(BUILDERS), f"add to BUILDERS in tests/security/places.py: {sorted(requests - set(BUILDERS))}"


def test_every_route_for_devices_and_programs_says_which_token_it_needs(tmp_path: Path) -> None:
    hr = organisation(tmp_path / "data")
    try:
        app = create_app(hr.settings, runtime=hr)
        mounted = {route.path: route.app.openapi() for route in app.routes if route.path}  # type: ignore[attr-defined]
    finally:
        hr.close()
    silent = [
        f"{method.upper()} {prefix}{path}"
        for prefix, described in mounted.items()
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if BY_ROUTE[f"{method.upper()} {prefix}{path}"].who != OPEN
        and ("security" not in operation or "401" not in operation["responses"])
    ]
    assert not silent, (
        f'{", ".join(silent)}: give openapi_extra=asked_by("request") (and json_body(Model) for a body) and '
        "responses=problems(401, …) with every refusal, from backend/api/description.py"
    )
