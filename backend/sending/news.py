"""What a candidate reads once a decision was released: all in a mail; only that there is news where others read."""

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
    return compose(facts, picture=picture) if facts.news is None else compose_news(facts, facts.news)


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
