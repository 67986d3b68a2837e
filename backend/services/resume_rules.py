"""What a batch looks for in résumés and imported columns, and what that says about one candidate.

It sorts and proposes; nobody is turned down by it. Every proposal comes with its reasons.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contract.errors import ErrorCode, XudaError

MOST_KEYWORDS, LONGEST_KEYWORD, MOST_YEARS = 50, 100, 50
_AROUND = 20
# what nobody may be sorted by (gender, marriage, children, ethnicity, faith, age, looks)
_UNFAIR_WORDS = (
    "男 女 男性 女性 男生 女生 先生 女士 已婚 未婚 离异 已育 未育 汉族 民族 宗教 信仰 年龄 岁 身高 体重 相貌 籍贯 "
    "male female man woman married single divorced pregnant ethnicity religion age height weight"
)
_UNFAIR = frozenset(_UNFAIR_WORDS.split())


class Education(IntEnum):
    """The highest degree; 0: it does not matter."""

    ANY = 0
    COLLEGE = 1
    BACHELOR = 2
    MASTER = 3
    DOCTOR = 4


_DEGREES: dict[Education, re.Pattern[str]] = {
    Education.DOCTOR: re.compile(r"博士|ph\.?\s?d\b|doctorate|doctor of"),
    Education.MASTER: re.compile(r"硕士|研究生|\bmaster(?:'s|s)?\b(?! of ceremonies)|\bmba\b|\bm\.?sc\b|\bm\.?eng\b"),
    Education.BACHELOR: re.compile(r"本科|学士|\bbachelor(?:'s|s)?\b|\bb\.?sc\b|\bb\.?eng\b|\bundergraduate\b"),
    Education.COLLEGE: re.compile(r"大专|专科|高职|\bassociate(?:'s)? degree\b|\bcollege diploma\b"),
}
_EDUCATION_COLUMN = re.compile(r"学历|学位|education|degree")
_YEARS_COLUMN = re.compile(r"年限|经验|工龄|years|experience")
_NUMBER = re.compile(r"\d{1,2}(?:\.\d)?")
_YEARS = (
    re.compile(r"(\d{1,2})\s*(?:\+|多|余)?\s*年(?:以上)?(?:的)?[^\n。,.;]{0,20}?经验"),
    re.compile(r"(?:经验|年限)[:：]?\s*(\d{1,2})\s*\+?\s*年"),
    re.compile(r"(\d{1,2})\s*\+?\s*years?(?:'|’)?\s+(?:of\s+)?(?:[a-z-]+\s+){0,3}experience"),
    re.compile(r"experience\s*(?:of|:)\s*(\d{1,2})\s*\+?\s*years?"),
)


class Proposal(StrEnum):
    """``UNKNOWN``: some rule cannot be judged by what is there."""

    FITS = "fits"
    UNKNOWN = "unknown"
    LACKS = "lacks"


class Verdict(StrEnum):
    MET = "met"
    UNKNOWN = "unknown"
    MISSED = "missed"


class Rules(BaseModel):
    """``must``: all of these lines; ``any_of``: at least one. A line may name alternatives, parted by ``/``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    must: list[str] = Field(default_factory=list)
    any_of: list[str] = Field(default_factory=list)
    education: Education = Education.ANY
    years: int = 0


class Reason(BaseModel):
    """``rule``: must, any, education or years. ``wanted`` as HR wrote it; ``found``: where it stands, in its words."""

    model_config = ConfigDict(frozen=True)

    rule: Literal["must", "any", "education", "years"]
    wanted: str
    verdict: Verdict
    found: str = ""


class Judged(BaseModel):
    """``score``: how many keywords were found, for the order."""

    proposal: Proposal
    score: int
    reasons: list[Reason]


def checked(rules: Rules) -> Rules:
    """Without empty lines. Raises XudaError(SETTING_INVALID) with ``field`` keywords, unfair, years or rules (none)."""
    must, any_of = ([" ".join(line.split()) for line in lines if line.strip()] for lines in (rules.must, rules.any_of))
    everything = [*must, *any_of]
    if len(everything) > MOST_KEYWORDS or any(len(line) > LONGEST_KEYWORD for line in everything):
        raise XudaError(ErrorCode.SETTING_INVALID, field="keywords")
    if any(not _alternatives(line) for line in everything):
        raise XudaError(ErrorCode.SETTING_INVALID, field="keywords")
    if any(unfair(line) for line in everything):
        raise XudaError(ErrorCode.SETTING_INVALID, field="unfair")
    if not 0 <= rules.years <= MOST_YEARS:
        raise XudaError(ErrorCode.SETTING_INVALID, field="years")
    if not everything and not rules.years and not rules.education:
        raise XudaError(ErrorCode.SETTING_INVALID, field="rules")
    return rules.model_copy(update={"must": must, "any_of": any_of})


def unfair(line: str) -> bool:
    """Whether it names what nobody may be sorted by."""
    return any(word in _UNFAIR for word in _alternatives(line))


def judge(rules: Rules, text: str, columns: Mapping[str, str]) -> Judged:
    """``text`` of the résumé, empty when there is none; ``columns``: further columns of the imported table."""
    columns = {_folded(name): value for name, value in columns.items()}
    everything = "\n".join([*columns.values(), text])
    folded = _folded(everything)
    nothing = not folded.strip()
    reasons = [_keyword("must", line, folded, nothing) for line in rules.must]
    chosen = [_keyword("any", line, folded, nothing) for line in rules.any_of]
    if rules.education:
        reasons.append(_education(rules.education, folded, columns))
    if rules.years:
        reasons.append(_years(rules.years, folded, columns))
    verdicts = [reason.verdict for reason in reasons]
    if chosen:
        verdicts.append(max((one.verdict for one in chosen), key=_goodness))
    found = [*reasons, *chosen]
    score = sum(one.verdict is Verdict.MET for one in found if one.rule in ("must", "any"))
    return Judged(proposal=_together(verdicts), score=score, reasons=found)


def _together(verdicts: list[Verdict]) -> Proposal:
    if Verdict.MISSED in verdicts:
        return Proposal.LACKS
    return Proposal.UNKNOWN if Verdict.UNKNOWN in verdicts else Proposal.FITS


def _goodness(verdict: Verdict) -> int:
    return (Verdict.MISSED, Verdict.UNKNOWN, Verdict.MET).index(verdict)


def _keyword(rule: Literal["must", "any"], line: str, folded: str, nothing: bool) -> Reason:
    if nothing:
        return Reason(rule=rule, wanted=line, verdict=Verdict.UNKNOWN)
    for word in _alternatives(line):
        if match := _word(word).search(folded):
            return Reason(rule=rule, wanted=line, verdict=Verdict.MET, found=_quote(folded, match))
    return Reason(rule=rule, wanted=line, verdict=Verdict.MISSED)


def _education(wanted: Education, folded: str, columns: Mapping[str, str]) -> Reason:
    own = "\n".join(value for name, value in columns.items() if _EDUCATION_COLUMN.search(name))
    for text in (_folded(own), folded):
        for degree, pattern in _DEGREES.items():
            if match := pattern.search(text):
                met = Verdict.MET if degree >= wanted else Verdict.MISSED
                return Reason(rule="education", wanted=wanted.name.lower(), verdict=met, found=_quote(text, match))
    return Reason(rule="education", wanted=wanted.name.lower(), verdict=Verdict.UNKNOWN)


def _years(wanted: int, folded: str, columns: Mapping[str, str]) -> Reason:
    """Only what is said as such: to add up periods would count study and gaps."""
    found: list[tuple[float, str]] = []
    for name, value in columns.items():
        if _YEARS_COLUMN.search(name) and (number := _NUMBER.search(_folded(value))):
            found.append((float(number[0]), f"{name}: {value}"[:60]))
    if not found:
        for pattern in _YEARS:
            found += [(float(match[1]), _quote(folded, match)) for match in pattern.finditer(folded)]
    if not found:
        return Reason(rule="years", wanted=str(wanted), verdict=Verdict.UNKNOWN)
    most, where = max(found)
    met = Verdict.MET if most >= wanted else Verdict.MISSED
    return Reason(rule="years", wanted=str(wanted), verdict=met, found=where)


def _alternatives(line: str) -> list[str]:
    return [word for part in line.split("/") if (word := _folded(part).strip())]


def _word(word: str) -> re.Pattern[str]:
    """Whole words in scripts that part them, so that C is neither C++ nor in Scala; anywhere in Chinese."""
    before = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", word) else ""
    after = r"(?![a-z0-9+#])" if re.search(r"[a-z0-9]$", word) else ""
    return re.compile(before + re.escape(word) + after)


def _quote(text: str, match: re.Match[str]) -> str:
    return " ".join(text[max(0, match.start() - _AROUND) : match.end() + _AROUND].split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
