"""Attack the backend: requests made up from its own description, a device that lies, everybody at every route.

Broken promises are: an answer of 5xx, an answer that is not as described, anything let in without its right, and
anything somebody wrote reaching HR's page as markup or with characters that turn the line round. The attacks of
tests/security that need no making up (codes used twice, forms from other sites, slow bodies, …) run first.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from backend.app import create_app
from tests.campaigns.model import Findings, Options
from tests.security.cases import Asking
from tests.security.defects import DEFECTS
from tests.security.hostile_device import HostileDevice
from tests.security.places import World, world
from tests.security.rights import EVERYONE, RIGHTS
from tests.security.test_rights import compare

BROKEN = tuple(DEFECTS)
_DEVICE_SHARE, _PROGRAM_SHARE = 0.55, 0.2  # of the made-up requests; the rest are for the portal
_PER_INTERVIEW = 40  # made-up requests for each interview of the lying device


def campaign(options: Options) -> Findings:
    """The attacks, everybody at every route, then ``cases`` made-up requests and interviews."""
    findings = Findings()
    with ExitStack() as stack:
        if options.broken is not None:
            DEFECTS[options.broken](stack)
        if options.count is None:
            _attacks(findings)
        found = stack.enter_context(world(options.work / "data"))
        count = options.cases(short=250, long=50_000)
        if options.count is None:
            _everybody_everywhere(found, findings)
        with _part(findings, "made-up requests"):
            _made_up(found, findings, options, count)
        with _part(findings, "spoilt interviews"):
            _lies(found, findings, options, max(3, count // _PER_INTERVIEW))
    return findings


@contextlib.contextmanager
def _part(findings: Findings, name: str) -> Iterator[None]:
    """What was found before a part failed by itself is told all the same."""
    try:
        yield
    except Exception as error:
        findings.failures.append(f"{name} ended early: {error!r}")


def descriptions(backend: World) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What the APIs for devices and for programs say of themselves, and what the framework knows of the pages."""
    hr = backend.backend.hr
    mounted = {route.path: route.app for route in create_app(hr.settings, runtime=hr).routes}  # type: ignore[attr-defined]
    api, programs, portal = mounted["/v1"], mounted["/api/v1"], mounted[""]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the pages are described for this alone: names may be given twice
        return api.openapi(), programs.openapi(), portal.openapi()


def _made_up(found: World, findings: Findings, options: Options, count: int) -> None:
    asking = Asking(found, findings, options.seed)
    try:
        api, programs, portal = descriptions(found)
        asking.ask_all(api, int(count * _DEVICE_SHARE), "/v1")
        asking.ask_all(programs, int(count * _PROGRAM_SHARE), "/api/v1")
        asking.ask_all(portal, count - int(count * (_DEVICE_SHARE + _PROGRAM_SHARE)), "")
    finally:
        asking.close()
    findings.figures["made-up requests"] = asking.asked
    findings.figures["answers"] = " ".join(f"{status}:{n}" for status, n in sorted(asking.statuses.items()))


def _lies(found: World, findings: Findings, options: Options, count: int) -> None:
    device = HostileDevice(found, findings, options.seed)
    try:
        for number in range(count):
            device.interview(number)
    finally:
        device.close()
    findings.figures |= {
        "spoilt interviews": count,
        "their events": device.sent,
        "taken in": device.accepted,
        "pages and files looked at": device.pages,
    }


def _everybody_everywhere(found: World, findings: Findings) -> None:
    wrong = [line for right in RIGHTS for who in sorted(EVERYONE) for line in compare(found, right, who)]
    findings.failures.extend(wrong)
    findings.figures["routes x roles"] = len(RIGHTS) * len(EVERYONE)


class _Collector:
    """Hears from pytest which attacks got through."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.count = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.count += report.when == "call"
        if report.failed:
            self.findings.failures.append(f"{report.nodeid} ({report.when}): {report.longreprtext[-300:]}")


def _attacks(findings: Findings) -> None:
    collector = _Collector(findings)
    here = Path(__file__).parent
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", "--deselect", f"{here}/test_api.py", str(here)], [collector])
    findings.figures["attacks"] = collector.count
