"""What the screens see of an open client, and what its settings say of the window."""

from __future__ import annotations

import platform
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.crashes.reports import CrashFolder
from app.device_settings import Source
from app.facts import app_version, read_battery
from app.papers import make_paper
from app.remembered import save_appearance, save_language
from app.ui.context import UiContext
from app.ui.dress import saved_appearance
from app.ui.i18n import saved_language

if TYPE_CHECKING:
    from app.bootstrap import Client
    from app.kiosk.desk import KioskDesk


def make_context(client: Client) -> UiContext:
    """What the screens see of a client."""
    settings, kiosk = client.settings, wants_kiosk(client)
    return UiContext(
        service=client.service,
        devices=client.devices,
        submit=client.submit,
        background=client.background,
        subscribe=client.news.subscribe,
        checks=client.check,
        diagnostics=lambda: diagnostics(client),
        save_language=lambda language: save_language(settings.data, language),
        battery=read_battery,
        language=first_language(client, kiosk=kiosk),
        transfer=client.storage.bundles,
        kiosk=kiosk,
        booth=_booth(client) if kiosk else None,
        appearance=saved_appearance(settings.data),
        save_appearance=lambda chosen: save_appearance(settings.data, chosen),
        papers=make_paper,
        moving=client.moving if settings.server_sync else None,
        fresh=client.fresh if settings.server_sync else None,
    )


def wants_kiosk(client: Client) -> bool:
    """HR may have asked for it from afar."""
    desk = client.device_settings
    return client.settings.kiosk if desk.source("kiosk") is Source.DEFAULT else bool(desk.values.kiosk)


def first_language(client: Client, *, kiosk: bool) -> str:
    """What the windows speak at first. What a person has chosen on their own machine stays; a booth forgets it."""
    wanted = client.device_settings.values.language or client.settings.lang
    return wanted if kiosk else saved_language(client.settings.data) or wanted


def diagnostics(client: Client) -> str:
    """Facts for the support line: nothing personal, ready to copy."""
    facts = asdict(client.facts())
    storage = client.storage
    enrolment = storage.enrolments.load()
    waiting, failed = storage.outbox.counts()
    facts |= {
        "device": enrolment.device_id if enrolment else "",
        "keystore": storage.keystore.kind,
        "queue": waiting,
        "refused": failed,
        "machine": platform.machine(),
        "crash_reports": len(CrashFolder(client.settings.data).files()),
        "settings_version": client.device_settings.received.version,
        "update_to": client.device_settings.update_to(app_version()),
    }
    lines = [f"Xuda {app_version()}", *(f"{key}: {value}" for key, value in facts.items())]
    return "\n".join(lines)


def _booth(client: Client) -> KioskDesk:
    from app.staff import make_desk

    return make_desk(client)
