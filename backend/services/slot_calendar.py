"""A chosen slot as an entry for the candidate's own calendar."""

from __future__ import annotations

from datetime import datetime

from backend.services.slots import Slot


def entry(slot: Slot, invitation_id: str, *, title: str, place: str, words: str, now: datetime) -> bytes:
    """An iCalendar file (RFC 5545). The same invitation is the same entry, so that a change moves it."""
    from icalendar import Calendar, Event  # late: only this file needs it

    event = Event()
    event.add("uid", f"{invitation_id}@xuda")
    event.add("sequence", int(now.timestamp()))
    event.add("dtstamp", now)
    event.add("dtstart", slot.starts_at)
    event.add("dtend", slot.ends_at)
    event.add("summary", title)
    event.add("location", place)
    event.add("description", words)
    calendar = Calendar()
    calendar.add("prodid", "-//Xuda//HR//")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
