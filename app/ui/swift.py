"""Keeps PySide6 from reading the source of every module that is imported after it."""

from __future__ import annotations

import importlib


def spare_sources() -> None:
    """PySide6 looks into each module's source for its own name, to know whether ``from __feature__ import …`` could
    count in it. Nobody here uses that, and for some hundred modules it takes longer than all their code.

    Without effect where this PySide6 has no such look.
    """
    import PySide6.QtCore  # noqa: F401 - brings the hook along

    try:
        feature = importlib.import_module("shibokensupport.feature")
    except ImportError:
        return
    if callable(getattr(feature, "_mod_uses_pyside", None)):
        vars(feature)["_mod_uses_pyside"] = lambda module: False
