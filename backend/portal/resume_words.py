"""Words about résumés and what the rules say of them."""

from __future__ import annotations

from backend.portal import sending_words
from backend.portal.visit import Visit
from backend.sending.outcome import Channel
from backend.services.resume_rules import Education, Proposal, Reason, Verdict
from backend.services.resumes import Ruling
from contract.errors import XudaError


def proposal(visit: Visit, found: Proposal) -> str:
    t = visit.texts.gettext
    return {
        Proposal.FITS: t("meets the rules"),
        Proposal.UNKNOWN: t("cannot be told"),
        Proposal.LACKS: t("something is missing"),
    }[found]


def degree(visit: Visit, found: Education) -> str:
    t = visit.texts.gettext
    return {
        Education.ANY: t("does not matter"),
        Education.COLLEGE: t("college"),
        Education.BACHELOR: t("bachelor"),
        Education.MASTER: t("master"),
        Education.DOCTOR: t("doctor"),
    }[found]


def reason(visit: Visit, found: Reason) -> str:
    """One rule, whether it is met, and by which words."""
    t = visit.texts.gettext
    wanted = found.wanted
    if found.rule == "education":
        wanted = t("at least {degree}").format(degree=degree(visit, Education[found.wanted.upper()]))
    elif found.rule == "years":
        wanted = t("at least {n} years").format(n=found.wanted)
    elif found.rule == "any":
        wanted = t("one of these: {wanted}").format(wanted=found.wanted)
    how = {Verdict.MET: t("found"), Verdict.UNKNOWN: t("not told"), Verdict.MISSED: t("not found")}
    if found.rule in ("education", "years"):
        how[Verdict.MISSED] = t("less")
    line = t("{name}: {value}").format(name=wanted, value=how[found.verdict])
    return f"{line} – “{found.found}”" if found.found else line


def ruling(visit: Visit, found: Ruling) -> str:
    t = visit.texts.gettext
    return {Ruling.NONE: t("not decided"), Ruling.KEEP: t("kept"), Ruling.ASIDE: t("set aside")}[found]


def channel(visit: Visit, found: Channel) -> str:
    return sending_words.channel_words(visit, found)


def file_problem(visit: Visit, code: str) -> str:
    """What is wrong with a file; empty when nothing is."""
    t = visit.texts.gettext
    words = {
        "nobody": t("The file's name has no code, phone, e-mail address or name of a candidate of this batch."),
        "several": t("Several candidates have this name. Put the phone or the invitation code into the file's name."),
        "kind": t("This is no PDF, DOCX or text file, whatever it is called."),
        "too_large": t("Too large: at most 5 MB, 60 pages, and 40 MB unpacked."),
        "damaged": t("The file is damaged and cannot be read."),
        "locked": t("The file is locked with a password."),
        "empty": t("No text in it: perhaps a scan. Please read it yourself."),
        "slow": t("Reading it took too long. Please read it yourself."),
    }
    return words.get(code, code)


def rules_problem(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    words = {
        "keywords": t("At most 50 lines of at most 100 characters each, none of them empty."),
        "unfair": t(
            "Nobody may be sorted by gender, age, marriage, children, ethnicity, faith or looks. Please take that out."
        ),
        "years": t("Years: 0 to 50."),
        "rules": t("Please give at least one keyword, a degree or years."),
    }
    return words.get(error.field or "", words["rules"])


def audit_words(visit: Visit) -> dict[str, str]:
    t = visit.texts.gettext
    return {
        "import_resumes": t("Took in résumés"),
        "resume_rules": t("Wrote rules for résumés"),
        "apply_resume_rules": t("Applied rules for résumés"),
        "rule_resumes": t("Decided about candidates by résumé"),
        "view_resume": t("Opened a résumé"),
    }
