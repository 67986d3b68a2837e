"""Whose disk a promise is about: the folders of a day, each a medium of its own for those who look at it."""

from __future__ import annotations

HR, BOOTH, STICK, SAFE, RESTORED, MODELS = SIDES = ("hr", "booth", "stick", "safe", "restored", "models")
_BY_PROMISE = {
    "organisation": HR,
    "reply": HR,
    "receipted": HR,
    "reported": HR,
    "rotated": HR,
    "deleted": HR,
    "bundle": STICK,
    "backup": SAFE,
    "keys_gone": SAFE,
    "backup_gone": SAFE,
    "restored": RESTORED,
    "model": MODELS,
}
# remarks that promise nothing
SECTION, MISSED = "section", "missed"


def sides_of(facts: dict[str, object]) -> set[str]:
    """Where a promise must be kept."""
    promise = str(facts["promise"])
    if promise in (SECTION, MISSED):
        return set()
    if promise == "file":
        return {str(facts["path"]).partition("/")[0]}
    if promise == "deleted":
        return {HR, SAFE}  # a certificate lies at the place of backups
    return {_BY_PROMISE.get(promise, BOOTH)}
