"""Checks of what people type about a person: name, phone, e-mail, ID number."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from contract.text import invisible

_PHONE_PUNCTUATION = re.compile(r"[\s\-().·]+")
_CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")
_EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\".]+(\.[^@\s,;<>()\".]+)+")
_OTHER_ID = re.compile(r"[A-Z0-9]{5,20}")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


def clean_name(text: str) -> str | None:
    """The name, None when it cannot be one: empty, too long, without a letter, with something invisible in it."""
    name = " ".join(text.split())
    letters = any(unicodedata.category(c).startswith("L") for c in name)
    return name if letters and len(name) <= 100 and not any(map(invisible, name)) else None


def clean_phone(text: str) -> str | None:
    """Digits, with a leading + for numbers outside China; None when it cannot be a phone number."""
    digits = _PHONE_PUNCTUATION.sub("", text)
    foreign = digits.startswith(("+", "00"))
    digits = digits.removeprefix("+") if digits.startswith("+") else digits.removeprefix("00")
    if not (digits.isascii() and digits.isdigit()):
        return None
    if digits.startswith("86") and len(digits) == 13:
        digits, foreign = digits[2:], False
    if foreign:
        return f"+{digits}" if 7 <= len(digits) <= 15 and not digits.startswith(("0", "86")) else None
    if digits.startswith("1"):
        return digits if _CHINESE_MOBILE.fullmatch(digits) else None
    return digits if 7 <= len(digits) <= 13 else None


def clean_email(text: str) -> str | None:
    return text.lower() if _EMAIL.fullmatch(text) and len(text) <= 254 else None


def clean_id_number(text: str) -> str | None:
    """An identity card (18 characters with a right check character and date, or the old 15 digits), or a passport."""
    number = text.replace(" ", "").upper()
    if re.fullmatch(r"\d{17}[\dX]", number):
        return number if _check_character(number) and _is_date(number[6:14]) else None
    if number.isdigit() and len(number) == 15:
        return number if _is_date("19" + number[6:12]) else None
    if number.isdigit() and len(number) > 15:
        return None
    return number if _OTHER_ID.fullmatch(number) and any(c.isdigit() for c in number) else None


def _check_character(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return _ID_CHECKS[total % 11] == number[17]


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}")
    except ValueError:
        return False
    return True
