"""What HR wants of its devices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.models import Base


class DeviceSettingsRow(Base):
    """One layer: ``all``, ``group:<label>`` or ``device:<id>``. ``values_sealed``: contract.settings.DeviceSettings as
    JSON; sealed because the hash of a PIN is among them."""

    __tablename__ = "device_settings"
    layer: Mapped[str] = mapped_column(String(120), primary_key=True)
    values_sealed: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
