"""The picture, sound or film that a question of the bank is asked with: checked like that of a kit's file."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from backend.runtime import Runtime
from backend.services import kit_files, question_bank, scope
from backend.services.actor import Actor
from backend.services.question_bank import STAFF, BankView, Written
from contract.errors import ErrorCode, XudaError
from contract.kit_media import PromptMedia


def attach(
    hr: Runtime,
    actor: Actor,
    question_id: str,
    version: int,
    content: bytes,
    text: Mapping[str, str],
    plays: int | None = None,
) -> BankView:
    """A new version of the question that is asked with this file. ``text``: what a picture shows, or the words of what
    is played, by language. ``version``: the one that is shown.

    Raises XudaError(FORBIDDEN | NOT_FOUND), KIT_INVALID with ``field`` file, text or plays and a ``detail``, CONFLICT
    when somebody else was faster.
    """
    scope.require(actor, *STAFF)
    facts = kit_files.facts_of(content, pixels=True)
    said = {language: words.strip() for language, words in text.items() if words.strip()}
    try:
        media = PromptMedia(**facts, text=said, plays=plays)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = "plays" if "play" in str(first["msg"]) or "plays" in first["loc"] else "text"
        raise XudaError(ErrorCode.KIT_INVALID, field=field, detail=first["msg"]) from error
    return _changed(hr, actor, question_id, version, media, content)


def remove(hr: Runtime, actor: Actor, question_id: str, version: int) -> BankView:
    """A new version that is asked in words alone. Raises as :func:`attach`."""
    scope.require(actor, *STAFF)
    return _changed(hr, actor, question_id, version, None, b"")


def _changed(
    hr: Runtime, actor: Actor, question_id: str, version: int, media: PromptMedia | None, content: bytes
) -> BankView:
    with hr.db.write() as session:
        before = question_bank.found(session, question_id).written
        if media is not None:
            kit_files.store(hr, session, {media.sha256: content}, {media.sha256: media.media_type})
        question = before.question.model_copy(update={"media": media})
        written = Written(question, before.dimensions, before.skills, before.level, before.origin)
        return question_bank.put_version(hr, session, actor, question_id, version, written)
