"""The form of a kit's facts: naming another service is another consent, and nobody is asked where none is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from backend.portal.kit_facts import of_plan, put
from backend.services.duration import Level
from backend.services.kit_plan import Plan
from contract.kit import Consent

TODAY = date(2026, 11, 23)


def plan() -> Plan:
    consent = {"version": "1", "purpose": {"en": "p"}, "full_text": {"en": "f"}, "deletion": {"en": "d"}}
    return Plan(level=Level.JUNIOR, values={"consent": consent, "position": {"en": "Tester"}, "guide": {"en": "g"}})


def test_naming_a_service_and_taking_it_back_are_versions_of_the_consent() -> None:
    found = plan()
    put(found, of_plan(found), TODAY)
    assert found.values["consent"]["version"] == "1"
    put(found, replace(of_plan(found), elsewhere_en="The model of Example Cloud"), TODAY)
    assert found.values["consent"]["elsewhere"] == {"en": "The model of Example Cloud"}
    assert found.values["consent"]["version"] == "2026-11-23"
    put(found, replace(of_plan(found), elsewhere_en=""), date(2026, 11, 24))
    assert found.values["consent"]["version"] == "2026-11-24"
    assert Consent.model_validate(found.values["consent"]).elsewhere == {}


def test_a_consent_that_names_none_is_the_document_it_always_was() -> None:
    consent = Consent.model_validate(plan().values["consent"])
    assert "elsewhere" not in consent.model_dump()
