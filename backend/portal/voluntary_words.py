"""What candidates are asked of their own accord, in words."""

from __future__ import annotations

from backend.portal.visit import Visit
from backend.services.voluntary_rows import VALUES, Aspect


def aspects(visit: Visit) -> dict[Aspect, str]:
    t = visit.texts.gettext
    return {
        Aspect.SEX: t("Sex"),
        Aspect.AGE: t("Age"),
        Aspect.DISABILITY: t("Disability"),
        Aspect.MINORITY: t("Ethnic minority"),
    }


def values(visit: Visit, aspect: Aspect) -> dict[str, str]:
    t = visit.texts.gettext
    if aspect is Aspect.SEX:
        return {"female": t("Female"), "male": t("Male"), "other": t("Another answer")}
    if aspect is Aspect.AGE:
        return {
            "under_25": t("under 25"),
            "from_25": t("25 to 34"),
            "from_35": t("35 to 44"),
            "from_45": t("45 to 54"),
            "from_55": t("55 or more"),
        }
    return {"yes": t("Yes"), "no": t("No")}


def questions(visit: Visit) -> list[tuple[Aspect, str, list[tuple[str, str]]]]:
    """Aspect, question, and the answers to choose from: value and words."""
    t = visit.texts.gettext
    asked = {
        Aspect.SEX: t("Your sex"),
        Aspect.AGE: t("Your age"),
        Aspect.DISABILITY: t("Do you have a disability?"),
        Aspect.MINORITY: t("Do you belong to an ethnic minority?"),
    }
    return [
        (aspect, asked[aspect], [(value, values(visit, aspect)[value]) for value in VALUES[aspect]])
        for aspect in Aspect
    ]
