"""Both ways at once, in any order, again and again, with copies that are cut: HR ends with what the device recorded."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.interview.states import InterviewState
from backend.runtime import Runtime
from backend.services import intake
from contract.errors import ErrorCode, XudaError
from contract.events import ObjectRef
from tests.support.stick import Network, asking, enrolled, stored_object, take_in
from tests.sync.device import Device

_MOST_INTERVIEWS = 3


class BothWays(RuleBasedStateMachine):
    """``recorded``: what every recording was; what is true on the device is told by its own storage."""

    hr: Runtime

    @initialize()
    def begin(self) -> None:
        self.ending = ExitStack()
        folder = Path(self.ending.enter_context(tempfile.TemporaryDirectory()))
        self.stick = folder / "stick"
        self.stick.mkdir()
        self.device: Device = enrolled(self.hr, folder / "booth")
        self.ending.callback(self.device.close)
        self.network = Network(self.hr, self.device)
        self.recorded: dict[tuple[str, ObjectRef], bytes] = {}
        self.bundles: list[bytes] = []
        self.answers: list[bytes] = []
        self.ids = [self.device.begin()]

    # ---- the candidate

    def _in(self, *states: InterviewState) -> list[str]:
        return [name for name in self.ids if self.device.store.interview(name).state in states]

    @precondition(lambda self: len(self.ids) < _MOST_INTERVIEWS)
    @rule()
    def another_candidate(self) -> None:
        self.ids.append(self.device.begin())

    @rule(data=st.data(), spoken=st.booleans())
    def answer(self, data: Any, spoken: bool) -> None:
        for name in self._one(data, InterviewState.ACTIVE):
            if spoken:
                ref = self.device.speak(name, 3_000)
                self.recorded[name, ref] = self.device.recording(name, ref).read_bytes()
            else:
                self.device.write(name)

    @rule(data=st.data(), how=st.sampled_from(["pause", "finish"]))
    def leave(self, data: Any, how: str) -> None:
        for name in self._one(data, InterviewState.ACTIVE):
            getattr(self.device, how)(name)

    @rule(data=st.data())
    def come_back(self, data: Any) -> None:
        for name in self._one(data, InterviewState.PAUSED):
            self.device.resume(name)

    def _one(self, data: Any, *states: InterviewState) -> list[str]:
        found = self._in(*states)
        return [data.draw(st.sampled_from(found))] if found else []

    # ---- the network

    @rule(times=st.integers(1, 4))
    def network_carries(self, times: int) -> None:
        for _ in range(times):
            self.network.send_one()

    # ---- the stick

    @rule(everything=st.booleans())
    def export(self, everything: bool) -> None:
        result = self.device.storage.bundles().export(self.stick, everything=everything)
        self.bundles += [bundle.path.read_bytes() for bundle in result.bundles]

    @precondition(lambda self: self.bundles)
    @rule(data=st.data())
    def import_one(self, data: Any) -> None:
        report = take_in(self.hr, data.draw(st.sampled_from(self.bundles)))
        assert all(item.code is None for item in report.interviews)
        if report.receipts is not None:
            self.answers.append(report.receipts.to_bytes())

    @precondition(lambda self: self.bundles)
    @rule(data=st.data(), part=st.floats(0, 0.999))
    def import_a_cut_copy(self, data: Any, part: float) -> None:
        content = data.draw(st.sampled_from(self.bundles))
        with pytest.raises(XudaError) as refused:
            take_in(self.hr, content[: int(part * len(content))])
        assert refused.value.code is ErrorCode.BUNDLE_CUT

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def bring_receipts(self, data: Any) -> None:
        file = self.stick / "receipts.json"
        file.write_bytes(data.draw(st.sampled_from(self.answers)))
        self.device.storage.bundles().take_receipts(file)

    @rule()
    def whole_round(self) -> None:
        """Export, import and receipts at once, as on a quiet evening."""
        for bundle in self.device.storage.bundles().export(self.stick).bundles:
            self.bundles.append(bundle.path.read_bytes())
            report = take_in(self.hr, self.bundles[-1])
            if report.receipts is not None:
                self.answers.append(report.receipts.to_bytes())
                (self.stick / "receipts.json").write_bytes(self.answers[-1])
                self.device.storage.bundles().take_receipts(self.stick / "receipts.json")

    # ---- what always holds

    @invariant()
    def nothing_goes_before_its_time(self) -> None:
        for (name, ref), content in getattr(self, "recorded", {}).items():
            if not self.device.recording(name, ref).exists():
                row = self.device.store.interview(name)
                assert row.state.final
                assert row.receipt_serial == row.last_seq
                assert stored_object(self.hr, name, ref.object_id) == content

    def teardown(self) -> None:
        if not hasattr(self, "ending"):
            return
        with self.ending:
            for name in self._in(InterviewState.ACTIVE, InterviewState.PAUSED):
                if name in self._in(InterviewState.PAUSED):
                    self.device.resume(name)
                self.device.finish(name)
            self.export(everything=False)
            self.nothing_goes_before_its_time()
            self.network.send_all()
            who = asking(self.hr, self.device.enrolments.need().device_id)
            for name in self.ids:
                assert self.device.store.interview(name).key_present is False, "purged"
                assert intake.check(self.hr, who, name).events == self.device.outbox.local_check(name).events
            for (name, ref), content in self.recorded.items():
                assert stored_object(self.hr, name, ref.object_id) == content


def test_both_ways_in_any_order_bring_the_same(hr: Runtime) -> None:
    machine = type("Machine", (BothWays,), {"hr": hr})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=18,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
