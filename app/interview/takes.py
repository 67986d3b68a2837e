"""Recording, proving and choosing the takes of spoken questions."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO

from app.interview import late
from app.interview.model import Proof, RecordingResult, Transcript
from app.interview.ports import MediaTools, Recorder, Transcriber, TranscriptionJob
from app.interview.states import TakeState
from app.interview.store import EventDraft, InterviewRow, InterviewStore, TakeRow, TakeSink
from app.interview.views import (
    DeviceFault,
    InputEnded,
    News,
    PartialText,
    TakeReview,
    TranscriptFailed,
    TranscriptReady,
)
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, TranscribedData, TranscribedSealed, WordModel

Post = Callable[[Callable[[], None]], None]
Notify = Callable[[News], None]
# A take in which a device was lost is the machine's fault: it never costs a take.
_FREE_FAULTS = frozenset(
    {
        ErrorCode.CAMERA_LOST.value,
        ErrorCode.CAMERA_FROZEN.value,
        ErrorCode.MICROPHONE_LOST.value,
        # nothing but exact zeros: muted somewhere below us; a person who is silent still gives noise
        ErrorCode.MICROPHONE_SILENT.value,
        ErrorCode.DISK_FULL.value,
        ErrorCode.DISK_ERROR.value,
    }
)


def media_type(has_video: bool) -> str:
    return "video/webm" if has_video else "audio/webm"


@dataclass
class RunningTake:
    take: TakeRow
    sink: TakeSink
    job: TranscriptionJob | None


class Listener:
    """Hands the recorder's findings to the screen."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify

    def on_fault(self, code: str) -> None:
        self._notify(DeviceFault(code))

    def on_input_ended(self) -> None:
        self._notify(InputEnded())


class TakeDesk:
    """All methods run on the database thread; callbacks of the transcriber are posted there."""

    def __init__(
        self,
        store: InterviewStore,
        recorder: Recorder,
        media: MediaTools,
        transcriber: Transcriber,
        post: Post,
        notify: Notify,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._media = media
        self._transcriber = transcriber
        self._post = post
        self._notify = notify
        self._running: RunningTake | None = None
        self._transcribing: set[str] = set()

    @property
    def running(self) -> TakeRow | None:
        return self._running.take if self._running else None

    def begin(
        self,
        row: InterviewRow,
        question_id: str,
        language: str,
        *,
        video: bool,
        thinking_used: float,
        picture_facts: bool = False,
    ) -> TakeRow:
        """Start recording. The take's row and file are durable before the first byte is recorded."""
        if self._running:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="recording", new="recording")
        number = 1 + sum(take.question_id == question_id for take in self._store.takes(row.interview_id))
        take = TakeRow(
            take_id=str(uuid.uuid4()),
            interview_id=row.interview_id,
            question_id=question_id,
            number=number,
            state=TakeState.RECORDING,
            has_video=video,
            thinking_used=thinking_used,
        )
        sink = self._store.begin_take(take)
        job = self._open_job(take.take_id, language)
        try:
            self._recorder.start(
                sink,
                video=video,
                pcm=job.feed if job else None,
                listener=Listener(self._notify),
                picture_facts=picture_facts,
            )
        except Exception:
            if job:
                job.cancel()
            self._transcribing.discard(take.take_id)
            sink.close()
            self._store.save_take(replace(take, state=TakeState.DISCARDED))
            raise
        self._running = RunningTake(take, sink, job)
        return take

    def end(self, *, interrupted: bool = False) -> TakeRow:
        """Stop, make the answer durable, and read it back.

        ``interrupted``: the candidate left in mid answer; the take is kept as RECOVERED and does not count.
        Raises XudaError(RECORDING_EMPTY) when nothing can be read back: the take is discarded and free. Where that is
        the disk's doing, its DISK_FULL or DISK_ERROR, caused by the former.
        """
        if self._running is None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="idle", new="recorded")
        running, self._running = self._running, None
        result, failure = self._stop_recorder()
        if running.job:
            running.job.finish()
        failure = _close(running.sink) or failure
        take = replace(running.take, faults=result.faults, picture=result.picture)
        if failure is not None and failure.code not in (ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR):
            self._forget(take)
            raise failure
        try:
            return self._complete(take, TakeState.RECOVERED if interrupted else TakeState.RECORDED)
        except XudaError as error:
            if failure is not None and error.code is ErrorCode.RECORDING_EMPTY:
                raise failure from error
            raise

    def halt(self, interview_id: str) -> None:
        """Stop the running take of an interview that ends now. Its row is left to the change that ends it."""
        if self._running is not None and self._running.take.interview_id == interview_id:
            self.abandon()

    def abandon(self) -> None:
        """Stop the running take, if there is one, and leave what is stored of it to the next start."""
        running, self._running = self._running, None
        if running is None:
            return
        self._stop_recorder()
        if running.job:
            running.job.cancel()
        self._transcribing.discard(running.take.take_id)
        _close(running.sink)

    def dropped(self, interview_id: str, question_id: str | None = None) -> list[TakeRow]:
        """The takes (of one question, or all) that were not submitted, as DISCARDED: to be saved with what is decided.

        The running take is not among them.
        """
        running = self.running.take_id if self.running else None
        return [
            replace(take, state=TakeState.DISCARDED)
            for take in self._store.takes(interview_id)
            if take.state.undecided and take.take_id != running and question_id in (None, take.question_id)
        ]

    def recover(self, take: TakeRow, language: str) -> TakeRow | None:
        """Make a usable take of one that a crash has cut; None when nothing of it can be read."""
        try:
            recovered = self._complete(take, TakeState.RECOVERED)
        except XudaError as error:
            if error.code in (ErrorCode.RECORDING_EMPTY, ErrorCode.SEALED_DAMAGED):
                return None
            raise
        self.transcribe_stored(recovered, language)
        return recovered

    def discard(self, take: TakeRow) -> None:
        self._store.save_take(replace(take, state=TakeState.DISCARDED))

    def transcribe_stored(self, take: TakeRow, language: str) -> None:
        """Queue a stored take whose words are not known yet, unless that is under way or there is no model."""
        if take.transcript is not None or take.take_id in self._transcribing or self._transcriber.model is None:
            return
        take_id = take.take_id
        self._transcribing.add(take_id)
        self._transcriber.transcribe_file(
            take_id,
            lambda: self._store.open_object(take_id),
            language,
            lambda transcript: self._post(lambda: self._on_transcript(take_id, transcript)),
            lambda error: self._post(lambda: self._on_transcript_error(take_id, error)),
        )

    def correct(self, take_id: str, text: str) -> TakeRow:
        """Keep the candidate's correction beside the original.

        No text at all, or just the words that were recognised, is no correction: one that was kept before is gone.
        """
        take = self._store.take(take_id)
        recognised = take.transcript.text if take.transcript is not None else ""
        take = replace(take, correction=text if text.strip() and text != recognised else None)
        self._store.save_take(take)
        return take

    def transcribing(self, take_id: str) -> bool:
        return take_id in self._transcribing

    def review(self, take: TakeRow) -> TakeReview:
        return TakeReview(
            take_id=take.take_id,
            question_id=take.question_id,
            number=take.number,
            state=take.state,
            has_video=take.has_video,
            duration=take.duration,
            proof=take.proof,
            transcript=take.transcript,
            correction=take.correction,
            transcribing=self.transcribing(take.take_id),
            counted=take.counted,
        )

    def prove(self, content: BinaryIO) -> Proof:
        return self._media.inspect(content)

    def _complete(self, take: TakeRow, state: TakeState) -> TakeRow:
        try:
            with self._store.open_raw(take.take_id) as raw:
                content = io.BytesIO()
                self._media.remux(raw, content)
            content.seek(0)
            stored = self._store.store_object(take.take_id, content, media_type(take.has_video))
            with self._store.open_object(take.take_id) as back:
                proof = self._media.inspect(back)
        except XudaError as error:
            if error.code is ErrorCode.RECORDING_EMPTY:
                self._forget(take)
            raise
        faulty = any(fault.code in _FREE_FAULTS for fault in take.faults)
        counted = state is TakeState.RECORDED and not proof.free_retake and not faulty
        take = replace(take, state=state, stored=stored, proof=proof, duration=proof.duration, counted=counted)
        self._store.save_take(take)
        return self._store.take(take.take_id)

    def _stop_recorder(self) -> tuple[RecordingResult, XudaError | None]:
        try:
            return self._recorder.stop(), None
        except XudaError as error:
            return RecordingResult(duration=0.0), error

    def _forget(self, take: TakeRow) -> None:
        self._transcribing.discard(take.take_id)
        self._store.save_take(replace(take, state=TakeState.DISCARDED, counted=False))

    def _open_job(self, take_id: str, language: str) -> TranscriptionJob | None:
        if self._transcriber.model is None:
            return None
        self._transcribing.add(take_id)
        return self._transcriber.open_job(
            take_id,
            language,
            lambda text: self._notify(PartialText(take_id, text)),
            lambda transcript: self._post(lambda: self._on_transcript(take_id, transcript)),
            lambda error: self._post(lambda: self._on_transcript_error(take_id, error)),
        )

    def _on_transcript(self, take_id: str, transcript: Transcript) -> None:
        self._transcribing.discard(take_id)
        take = self._store.take(take_id)
        if take.state is TakeState.DISCARDED or not self._store.interview(take.interview_id).key_present:
            return
        take = replace(take, transcript=transcript)
        if take.state is TakeState.SUBMITTED:
            late.mark_new(self._store, take)
            draft = transcribed_draft(take_id, transcript)
            self._store.append(take.interview_id, [draft], takes=[take])
        else:
            self._store.save_take(take)
        self._notify(TranscriptReady(take_id, transcript))

    def _on_transcript_error(self, take_id: str, error: Exception) -> None:
        self._transcribing.discard(take_id)
        code = error.code if isinstance(error, XudaError) else ErrorCode.TRANSCRIPTION_FAILED
        self._notify(TranscriptFailed(take_id, code.value))


def _close(sink: TakeSink) -> XudaError | None:
    try:
        sink.close()
    except XudaError as error:
        return error
    return None


def transcribed_draft(answer_id: str, transcript: Transcript) -> EventDraft:
    """The event that tells HR the words of a submitted take."""
    data = TranscribedData(
        answer_id=answer_id,
        model=transcript.model,
        language=transcript.language,
        words=len(transcript.words),
    )
    words = [WordModel(text=w.text, start=w.start, end=w.end, probability=w.probability) for w in transcript.words]
    return EventDraft(EventType.TRANSCRIBED, data, TranscribedSealed(text=transcript.text, words=words))
