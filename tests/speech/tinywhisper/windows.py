"""Training windows: sentences of the bank with pauses, noise and other sounds, and what the decoder is to write."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.speech.tinywhisper import sounds, vocabulary
from tests.speech.tinywhisper.network import FULL

FRAME = 0.02
"""Seconds of an encoder frame and of a time token."""
_ENGLISH_SHARE = 0.65  # the harder language
_NO_SPEECH_SHARE = 0.08
_PAUSES = [(0.05, 0.4), (0.3, 1.5), (0.3, 1.5), (0.3, 1.5), (1.0, 4.0)]
_HANN = torch.hann_window(400)


class Tokens:
    """Ids of the tokens by what they are for."""

    def __init__(self) -> None:
        self.tokenizer = vocabulary.build_tokenizer()
        self.count = self.tokenizer.get_vocab_size()
        self.end = self._id("<|endoftext|>")
        self.start = self._id("<|startoftranscript|>")
        self.language = {lang: self._id(f"<|{lang}|>") for lang in vocabulary.LANGUAGES}
        self.transcribe = self._id("<|transcribe|>")
        self.previous = self._id("<|startofprev|>")
        self.no_speech = self._id("<|nospeech|>")
        self.no_times = self._id("<|notimestamps|>")
        self.times = self.no_times + 1
        self.space = self._id("Ġ")
        self._units: dict[str, int] = {}

    def _id(self, token: str) -> int:
        return int(self.tokenizer.token_to_id(token))

    def text(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def unit(self, unit: str) -> int:
        """The one token of a word, a character or a mark."""
        if unit not in self._units:
            (self._units[unit],) = self.text(unit)
        return self._units[unit]


@dataclass
class Sentence:
    """A sentence in a window. ``end`` is None when the window cuts it: then nothing of it is written."""

    start: float
    end: float | None
    units: list[tuple[int, float, float]] = field(default_factory=list)
    mark: int = 0


@dataclass
class Sample:
    """One window. ``spans`` are the encoder frames each target was spoken in; ``frames`` name the unit per frame."""

    features: Tensor
    offset: int
    ids: list[int]
    targets: list[int]
    spans: list[tuple[int, int] | None]
    frames: Any


def log_mel(audio: Any, filters: Tensor, louder: float) -> Tensor:
    """Features as faster-whisper makes them, shape (80, n).

    It normalises by the maximum of the whole file: ``louder`` (in powers of ten) stands for something louder
    elsewhere in it.
    """
    padded = torch.nn.functional.pad(torch.as_tensor(audio), (0, 160))
    power = torch.stft(padded, 400, 160, window=_HANN, center=True, return_complex=True)[:, :-1].abs() ** 2
    mel = torch.clamp(filters @ power, min=1e-10).log10()
    return (torch.maximum(mel, mel.max() + louder - 8.0) + 4) / 4


class Composer:
    """Makes windows from the bank. ``seed`` fixes the sequence."""

    def __init__(self, bank: dict[str, list[Any]], tokens: Tokens, seed: int) -> None:
        from faster_whisper.feature_extractor import FeatureExtractor

        self._bank = bank
        self._tokens = tokens
        self._rng = random.Random(seed)
        self._filters = torch.from_numpy(FeatureExtractor(feature_size=80).mel_filters)

    def batch(self, size: int, frames: int, step: int) -> tuple[Tensor, ...]:
        """``size`` windows of ``frames`` encoder frames; whether they have prompts depends on ``step`` alone."""
        draw = random.Random(step).random()  # all processes have long batches in the same step
        full = frames == FULL
        few, some = (0.4, 0.65) if full else (0.65, 0.9)
        prompts = 0 if draw < few else 1 if draw < some else 2
        samples = [self.sample(frames, prompts) for _ in range(size)]
        length = max(len(sample.ids) for sample in samples)
        ids = torch.full((size, length), self._tokens.end)
        targets = torch.full((size, length), -100)
        attention = torch.zeros(size, length, frames)
        for row, sample in enumerate(samples):
            ids[row, : len(sample.ids)] = torch.tensor(sample.ids)
            targets[row, : len(sample.targets)] = torch.tensor(sample.targets)
            for column, span in enumerate(sample.spans):
                if span:
                    low, high = min(span[0], frames - 1), min(span[1], frames)
                    attention[row, column, low : max(high, low + 1)] = 1.0 / max(1, high - low)
        features = torch.stack([sample.features for sample in samples])
        offsets = torch.tensor([sample.offset for sample in samples])
        labels = torch.from_numpy(np.stack([sample.frames for sample in samples]))
        return features, offsets, ids, targets, attention, labels

    def sample(self, frames: int, prompts: int) -> Sample:
        """One window. Short ones sit anywhere on the grid of 30 s; full ones are padded as faster-whisper does."""
        rng, full = self._rng, frames == FULL
        lang = "en" if rng.random() < _ENGLISH_SHARE else "zh"
        offset = 0 if full else rng.randint(0, FULL - frames)
        audio, sentences, louder = self._sound(lang, frames)
        if len(audio) < 3200:
            audio = np.concatenate([audio, np.zeros(3200 - len(audio), np.float32)])
        mel = log_mel(audio.astype(np.float32), self._filters, louder)
        features = torch.zeros(80, 2 * frames)
        count = min(mel.shape[1], 2 * frames)
        features[:, :count] = mel[:, :count]
        prompt = self._prompt(lang, prompts == 2) if prompts and rng.random() < 0.7 else []
        ids, targets, spans = self._script(lang, sentences, offset, prompt)
        return Sample(features, offset, ids, targets, spans, _frame_labels(sentences, frames))

    def _sound(self, lang: str, frames: int) -> tuple[Any, list[Sentence], float]:
        rng, full = self._rng, frames == FULL
        if rng.random() < _NO_SPEECH_SHARE:
            seconds = frames * FRAME if full and rng.random() < 0.5 else rng.uniform(0.3, frames * FRAME)
            return self._no_speech(int(16000 * seconds)), [], rng.uniform(0, 6) if rng.random() < 0.4 else 0.0
        audio, sentences = self._speech(lang, frames * FRAME, full)
        audio = np.concatenate([audio, np.zeros(1, np.float32)])[: frames * 320]
        level = 10 ** rng.uniform(-1.5, -0.15)
        audio = audio / (np.abs(audio).max() + 1e-6) * level
        if rng.random() < 0.8:
            audio = audio + sounds.noise(len(audio), rng) * level * 0.2 * 10 ** (-rng.uniform(8, 45) / 20)
        if rng.random() < 0.08:
            audio = audio + sounds.tonal(len(audio), rng) * level * 10 ** (-rng.uniform(20, 45) / 20)
        return audio, sentences, rng.uniform(0, 0.5) if rng.random() < 0.5 else 0.0

    def _no_speech(self, count: int) -> Any:
        rng, kind = self._rng, self._rng.random()
        if kind < 0.15:
            return np.zeros(count, np.float32)
        if kind < 0.5:
            return sounds.noise(count, rng) * 10 ** rng.uniform(-4.5, -0.7)
        audio = sounds.tonal(count, rng) * 10 ** rng.uniform(-2.5, -0.1)
        if kind > 0.8:
            audio = audio + sounds.noise(count, rng) * 10 ** rng.uniform(-4.5, -2)
        return audio

    def _speech(self, lang: str, end: float, full: bool) -> tuple[Any, list[Sentence]]:
        """Sentences with pauses. Some windows begin or stop in the middle of one; the last may be cut by the end."""
        rng, tokens = self._rng, self._tokens
        many = full and rng.random() < 0.78
        wanted = rng.choice([3, 4, 5, 6, 8, 10, 12, 14] if many else [1, 1, 2] if full else [1, 2, 2, 3])
        stop = rng.uniform(2, end) if full and rng.random() < 0.08 else None
        pauses = rng.choice(_PAUSES) if full else (0.1, 0.4)
        late = many and rng.random() < 0.35
        parts: list[Any] = []
        sentences: list[Sentence] = []
        time = 0.0
        if not late:
            lead = rng.choice([0, rng.uniform(0, 0.3), rng.uniform(0.2, 1), rng.uniform(0.2, 2.5) if full else 0.3])
            parts.append(_silence(lead))
            time = len(parts[0]) / 16000
        for index in range(wanted):
            audio, units, times, mark = rng.choice(self._bank[lang])
            audio = audio.astype(np.float32) * 10 ** rng.uniform(-0.25, 0.25)
            skipped = rng.uniform(0.05, 0.98) * times[-1] if index == 0 and late else 0.0
            audio = audio[int(skipped * 16000) :]
            length = len(audio) / 16000
            said = [
                (tokens.unit(unit), time + max(0.0, a - skipped), time + b - skipped)
                for unit, a, b in zip(units, times, times[1:], strict=False)
                if b - skipped > 0.5 * (b - a)
            ]
            if stop and time + length > stop:
                said = [(unit, a, min(b, stop)) for unit, a, b in said if stop - a > 0.6 * (b - a)]
                parts.append(audio[: max(0, int((stop - time) * 16000))])
                if said:
                    sentences.append(Sentence(time, stop, said, tokens.unit(mark)))
                return np.concatenate(parts), sentences
            if time + length > end - 0.05:
                if full and sentences and time <= end - 0.3:  # only its start is written
                    parts.append(audio[: int((end - time) * 16000)])
                    sentences.append(Sentence(time, None))
                    return np.concatenate(parts), sentences
                break
            parts.append(audio)
            if said:
                sentences.append(Sentence(time, time + length, said, tokens.unit(mark)))
            time += length
            if index < wanted - 1:
                parts.append(_silence(rng.uniform(*pauses)))
                time += len(parts[-1]) / 16000
            if time > end - 0.1:
                break
        if rng.random() < 0.7 and time < end - 0.1:
            parts.append(_silence(rng.uniform(0, min(2.0 if full else 0.4, end - time))))
        return np.concatenate(parts or [_silence(0)]), sentences

    def _prompt(self, lang: str, long: bool) -> list[int]:
        """Context that has nothing to do with the sound: hot words, unknown words, bytes, earlier sentences."""
        rng, tokens = self._rng, self._tokens
        size = rng.randint(50, 223) if long else 60
        kind = rng.random()
        out = self._hint(lang, size) if kind < 0.5 else []
        if kind > 0.3:
            time, stamped = rng.randint(0, 60), rng.random() < 0.75
            for _ in range(60 if long else rng.randint(1, 5)):
                _, units, times, mark = rng.choice(self._bank[lang])
                ids = [tokens.unit(unit) for unit in units] + [tokens.unit(mark)]
                if stamped:
                    if time + int(times[-1] / FRAME) > FULL:
                        time = rng.randint(0, 60)
                    end = time + int(times[-1] / FRAME)
                    ids = [tokens.times + time, *ids, tokens.times + end]
                    time = min(FULL, end + rng.randint(5, 75))
                out += ids
                if len(out) > size:
                    break
        return [tokens.previous, *out[-223:]][: 223 if long else size]

    def _hint(self, lang: str, size: int) -> list[int]:
        rng, kind = self._rng, self._rng.random()
        if kind < 0.35:
            words = vocabulary.WORDS["en" if lang == "en" or rng.random() < 0.3 else "zh"]
            hint = [rng.choice(words) for _ in range(rng.randint(1, 10))]
        elif kind < 0.8:
            letters = "abcdefghijklmnoprstuvwyz"
            hint = ["".join(rng.choice(letters) for _ in range(rng.randint(1, 9))) for _ in range(rng.randint(1, 8))]
            hint = [word.title() if rng.random() < 0.5 else word for word in hint]
        else:
            hint = [_unknown_characters(rng) for _ in range(rng.randint(1, 4))]
        joined = " " + rng.choice([" ", ", "]).join(hint) + rng.choice(["", ".", "。"])
        return self._tokens.text(joined)[:size]

    def _script(
        self, lang: str, sentences: list[Sentence], offset: int, prompt: list[int]
    ) -> tuple[list[int], list[int], list[tuple[int, int] | None]]:
        """Decoder input, targets and where each target was spoken."""
        tokens, stamped = self._tokens, self._rng.random() < 0.8
        language = tokens.language[lang]
        first = language if sentences else tokens.no_speech
        ids = [*prompt, tokens.start]
        targets = [-100] * len(prompt) + [first]
        spans: list[tuple[int, int] | None] = [None] * len(ids)
        last = language

        def write(token: int, span: tuple[int, int] | None = None, *, learn: bool = True) -> None:
            nonlocal last
            ids.append(last)
            targets.append(token if learn else -100)
            spans.append(span)
            last = token

        def stamp(time: float) -> int:
            return tokens.times + min(FULL, offset + round(time / FRAME))

        write(tokens.transcribe, learn=False)
        if not stamped:
            write(tokens.no_times, learn=False)
        elif not sentences:
            write(tokens.times + offset)
        end = 0.0
        for sentence in sentences:
            if stamped:
                write(stamp(sentence.start), _span(sentence.start - 0.02, sentence.start + 0.04))
            if sentence.end is None:
                break
            for unit, a, b in sentence.units:
                write(unit, _span(a, b))
            end = sentence.end
            write(sentence.mark, _span(end - 0.04, end + 0.04))
            if stamped:
                write(stamp(end), _span(end - 0.04, end + 0.02))
        write(tokens.end, _span(end, end + 0.12) if sentences else None)
        return ids[:448], targets[:448], spans[:448]


def _unknown_characters(rng: random.Random) -> str:
    return "".join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(rng.randint(1, 6)))


def _frame_labels(sentences: list[Sentence], frames: int) -> Any:
    """Per frame the token spoken there plus one, 0 where nobody speaks, -100 where nothing is known."""
    labels = np.zeros(frames, np.int64)
    for sentence in sentences:
        for unit, a, b in sentence.units:
            first = int(a / FRAME)
            labels[first : max(first + 1, int(b / FRAME))] = unit + 1
        if sentence.end is None:
            labels[int(sentence.start / FRAME) :] = -100
    return labels


def _span(start: float, end: float) -> tuple[int, int]:
    first = int(start / FRAME)
    return max(0, first), max(first + 1, round(end / FRAME))


def _silence(seconds: float) -> Any:
    return np.zeros(int(seconds * 16000), np.float32)
