"""What a candidate reads besides the invitation: what was decided, all in a mail and only that there is news where
others read; and the code that opens the candidate portal."""

from __future__ import annotations

from backend.sending.letters import Facts, Letter, News, compose, one_line, templates
from contract.catalog import Catalog, load
from contract.events import HrState
from report.text import printable


def told_words(state: HrState, texts: Catalog) -> tuple[str, str]:
    """State and next step as the candidate's client says them."""
    t = texts.gettext
    return {
        HrState.PENDING_REVIEW: (t("Awaiting review"), t("HR reviews your answers. The result appears here.")),
        HrState.INCOMPLETE: (
            t("Incomplete"),
            t("This attempt ended early. Ask HR if you would like another one."),
        ),
        HrState.DECLINED: (t("AI interview declined"), t("HR will arrange an interview with a person.")),
        HrState.SECOND_ROUND: (
            t("Second round"),
            t("Congratulations. HR will invite you to the next interview."),
        ),
        HrState.REJECTED: (
            t("Not selected"),
            t("Thank you for your time. This position went to someone else."),
        ),
        HrState.PENDING_ONBOARDING: (
            t("Onboarding"),
            t("Congratulations. HR will contact you about your first day."),
        ),
    }.get(state, (state.value, ""))


def put_into_words(facts: Facts, *, picture: bool = True) -> Letter:
    """The letter of any message; ``picture`` as in :func:`backend.sending.letters.compose`."""
    if facts.one_time:
        return compose_code(facts)
    return compose(facts, picture=picture) if facts.news is None else compose_news(facts, facts.news)


def compose_code(facts: Facts) -> Letter:
    """On a telephone nothing else about anybody: a lock screen shows it. A mail's subject is without the code."""
    t = load("portal", facts.language).gettext
    words = {"organisation": one_line(facts.organisation), "code": facts.one_time}
    subject = t("{organisation}: your one-time code").format(**words)
    opening = t("with this code you open your pages at {organisation}:").format(**words)
    valid = t("It works once, for 10 minutes. Nobody will ask you for it: please never pass it on.")
    other = t("If you did not ask for it, you need not do anything; nobody gets in without it.")
    closing = t("This message was sent automatically by {organisation}.").format(**words)
    greeting = t("Dear {name},").format(name=one_line(facts.name))
    html = (
        templates()
        .get_template("code.html")
        .render(
            language=facts.language.replace("_", "-"),
            subject=subject,
            greeting=greeting,
            opening=opening,
            code=facts.one_time,
            valid=valid,
            other=other,
            closing=closing,
        )
    )
    short = t("[{organisation}] {code} is your one-time code. It works once, for 10 minutes. Never pass it on.")
    return Letter(
        language=facts.language,
        code=facts.one_time,
        subject=subject,
        text="\n\n".join([greeting, opening, facts.one_time, valid, other, closing]) + "\n",
        html=html,
        short=short.format(**words),
        group="",
        picture=b"",
    )


def compose_news(facts: Facts, news: News) -> Letter:
    """Telephones and a robot's group learn that there is news, never which: a lock screen or colleagues show it."""
    texts = load("portal", facts.language)
    t = texts.gettext
    words = {
        "organisation": one_line(facts.organisation),
        "name": one_line(facts.name),
        "position": one_line(facts.position),
    }
    state, sentence = told_words(news.state, texts)
    subject = t("{organisation}: news of your application, {position}").format(**words)
    greeting = t("Dear {name},").format(**words)
    opening = t("there is news of your interview for {position} at {organisation}.").format(**words)
    where = t("You find it in the interview client, too, under My interviews.")
    closing = t("This message was sent automatically by {organisation}.").format(**words)
    steps = [(one_line(title), printable(text).strip()) for title, text in news.steps]
    html = (
        templates()
        .get_template("news.html")
        .render(
            language=facts.language.replace("_", "-"),
            subject=subject,
            greeting=greeting,
            opening=opening,
            state=state,
            sentence=sentence,
            steps=steps,
            where=where,
            closing=closing,
        )
    )
    told = f"{state}. {sentence}" if facts.language == "en" else f"{state}。{sentence}"
    parts = [greeting, opening, told, *(f"{title}\n{text}" for title, text in steps), where, closing]
    short = t("[{organisation}] {name}: {opening} {where}").format(opening=opening, where=where, **words)
    group = t("{name}: {opening} {where}").format(opening=opening, where=where, **words)
    return Letter(
        language=facts.language,
        code=facts.code,
        subject=subject,
        text="\n\n".join(parts) + "\n",
        html=html,
        short=short,
        group=group,
        picture=b"",
    )
