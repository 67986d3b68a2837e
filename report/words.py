"""Words for the codes of an interview, in the reader's language (catalog ``report``)."""

from __future__ import annotations

from contract.catalog import Catalog, load
from contract.events import EventType, HrState, PictureFact
from contract.kit import InterviewKind, QuestionKind
from contract.parts import Relation
from contract.redo import RedoState
from report import formats


def texts(language: str) -> Catalog:
    return load("report", language)


def state_words(state: HrState, language: str) -> str:
    t = texts(language)
    return {
        HrState.INVITED: t.gettext("Invited"),
        HrState.IN_PROGRESS: t.gettext("In progress"),
        HrState.PAUSED: t.gettext("Interrupted"),
        HrState.PENDING_REVIEW: t.gettext("Awaiting review"),
        HrState.INCOMPLETE: t.gettext("Not completed"),
        HrState.DECLINED: t.gettext("Declined the AI interview"),
        HrState.SECOND_ROUND: t.gettext("Second round"),
        HrState.REJECTED: t.gettext("Not passed"),
        HrState.PENDING_ONBOARDING: t.gettext("Pending onboarding"),
    }[state]


def relation_words(relation: Relation, language: str) -> str:
    t = texts(language)
    return {
        Relation.FIRST: t.gettext("begun here"),
        Relation.CONTINUED: t.gettext("continued from the part before"),
        Relation.PARALLEL: t.gettext("given beside the other parts"),
        Relation.AGAIN: t.gettext("one question answered again"),
    }[relation]


def redo_words(state: RedoState, language: str) -> str:
    t = texts(language)
    return {
        RedoState.OPEN: t.gettext("not begun yet"),
        RedoState.BEGUN: t.gettext("begun"),
        RedoState.ANSWERED: t.gettext("answered again"),
        RedoState.GIVEN_UP: t.gettext("given up, the first answer counts"),
        RedoState.TAKEN_BACK: t.gettext("taken back"),
        RedoState.EXPIRED: t.gettext("expired, the first answer counts"),
    }[state]


def event_words(event: EventType, language: str) -> str:
    t = texts(language)
    return {
        EventType.STARTED: t.gettext("Started"),
        EventType.CONSENTED: t.gettext("Consent given"),
        EventType.DECLINED: t.gettext("Declined to be interviewed by AI"),
        EventType.ANSWER_SAVED: t.gettext("Answer saved"),
        EventType.TRANSCRIBED: t.gettext("Answer transcribed"),
        EventType.CORRECTED: t.gettext("Transcript corrected"),
        EventType.PAUSED: t.gettext("Left, progress saved"),
        EventType.RESUMED: t.gettext("Came back"),
        EventType.ABANDONED: t.gettext("Gave up"),
        EventType.FINISHED: t.gettext("Finished"),
        EventType.QUESTIONNAIRE: t.gettext("Questionnaire answered"),
        EventType.WITHDRAWN: t.gettext("Consent withdrawn"),
        EventType.ADJUSTED: t.gettext("Adjusted by staff"),
        EventType.PICTURED: t.gettext("Facts about the picture noted"),
    }[event]


def picture_fact_words(kind: PictureFact, language: str) -> str:
    t = texts(language)
    return {
        PictureFact.NO_FACE: t.gettext("no face found"),
        PictureFact.SEVERAL_FACES: t.gettext("more than one face found"),
        PictureFact.LOOKING_AWAY: t.gettext("face found from the side only"),
    }[kind]


def reason_words(reason: str, language: str) -> str:
    """A reason this version does not know is shown by its code."""
    t = texts(language)
    return {
        "network": t.gettext("Network problem"),
        "technical": t.gettext("Device or technical problem"),
        "time": t.gettext("Not enough time"),
        "give_up": t.gettext("Gave up"),
        "other": t.gettext("Other"),
        "crash": t.gettext("The program ended unexpectedly"),
        "shutdown": t.gettext("The computer was shut down"),
        "idle": t.gettext("Nobody was there for a long time"),
        "completed": t.gettext("All questions answered"),
        "time_up": t.gettext("The total time was used up"),
    }.get(reason, reason)


def adjustment_reason_words(reason: str, language: str) -> str:
    """Why staff have adjusted an interview; a reason this version does not know is shown by its code."""
    t = texts(language)
    return {
        "accessibility": t.gettext("Accessibility"),
        "technical": t.gettext("Technical problem at the booth"),
        "interruption": t.gettext("Interruption or noise"),
        "language": t.gettext("Language"),
        "other": t.gettext("Other"),
    }.get(reason, reason)


def adjustment_words(time_factor: float, extra_takes: int, answer_as: str | None, language: str) -> str:
    """What was given, in a line."""
    t = texts(language)
    parts = []
    if time_factor > 1:
        parts.append(t.gettext("{n} % more time").format(n=round((time_factor - 1) * 100)))
    if extra_takes:
        parts.append(t.ngettext("{n} more take", "{n} more takes", extra_takes).format(n=extra_takes))
    if answer_as:
        parts.append(
            t.gettext("text instead of speech") if answer_as == "text" else t.gettext("sound instead of video")
        )
    return t.gettext(", ").join(parts)


def kind_words(kind: QuestionKind, language: str) -> str:
    t = texts(language)
    return {
        QuestionKind.VIDEO: t.gettext("Video"),
        QuestionKind.AUDIO: t.gettext("Audio"),
        QuestionKind.TEXT: t.gettext("Text"),
        QuestionKind.SINGLE_CHOICE: t.gettext("Single choice"),
        QuestionKind.MULTIPLE_CHOICE: t.gettext("Multiple choice"),
    }[kind]


def interview_kind_words(kind: InterviewKind, language: str) -> str:
    t = texts(language)
    return {
        InterviewKind.RECRUITMENT: t.gettext("Recruitment"),
        InterviewKind.PROMOTION: t.gettext("Promotion"),
        InterviewKind.TRANSFER: t.gettext("Transfer"),
        InterviewKind.TRAINING: t.gettext("Training assessment"),
    }[kind]


def fault_words(code: str, language: str) -> str:
    """A fault this version does not know is shown by its code."""
    t = texts(language)
    return {
        "camera_lost": t.gettext("camera lost"),
        "camera_frozen": t.gettext("picture frozen"),
        "camera_busy": t.gettext("camera in use by another program"),
        "camera_missing": t.gettext("no camera"),
        "microphone_lost": t.gettext("microphone lost"),
        "microphone_silent": t.gettext("microphone silent"),
        "microphone_busy": t.gettext("microphone in use by another program"),
        "microphone_missing": t.gettext("no microphone"),
        "recording_failed": t.gettext("recording failed"),
        "recording_empty": t.gettext("recording empty"),
        "transcription_failed": t.gettext("transcription failed"),
        "disk_full": t.gettext("disk full"),
        "disk_error": t.gettext("disk error"),
    }.get(code, code)


def environment_words(fact: str, language: str) -> str:
    """A fact this version does not know is shown by its key."""
    t = texts(language)
    return {
        "device_model": t.gettext("Device model"),
        "os": t.gettext("Operating system"),
        "app_version": t.gettext("Client version"),
        "python_version": t.gettext("Python version"),
        "network": t.gettext("Network"),
        "battery_percent": t.gettext("Battery (%)"),
        "on_mains": t.gettext("On mains power"),
        "free_disk_bytes": t.gettext("Free disk space"),
        "camera": t.gettext("Camera"),
        "microphone": t.gettext("Microphone"),
        "speech_model": t.gettext("Speech model"),
        "errors": t.gettext("Errors seen"),
    }.get(fact, fact)


def environment_value(fact: str, value: object, language: str) -> str:
    """A fact's value for people: bytes as GB, yes and no, lists with commas; empty for None and ''."""
    t = texts(language)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return t.gettext("yes") if value else t.gettext("no")
    if fact == "free_disk_bytes" and isinstance(value, int | float):
        return formats.gigabytes(value, language)
    if isinstance(value, list | tuple):
        return ", ".join(fault_words(str(item), language) for item in value)
    return formats.number(value, language) if isinstance(value, int | float) else str(value)


def rating_words(rating: int | None, language: str) -> str:
    t = texts(language)
    return t.gettext("not answered") if rating is None else t.gettext("{n} of 5").format(n=rating)
