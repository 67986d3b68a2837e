"""The closed vocabulary, sentences made of it, and the tokenizer.

``python -m tests.speech.tinywhisper.vocabulary`` prints words and sample sentences. The word lists fix the token ids:
changing them means training from scratch.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")
_DATA: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
WORDS = {lang: " ".join(data["words"]).split() for lang, data in _DATA.items()}
_QUESTIONS = {lang: data["questions"].split() for lang, data in _DATA.items()}
_SLOTS = {lang: {slot: words.split() for slot, words in data["slots"].items()} for lang, data in _DATA.items()}
_SENTENCES = {lang: [sentence.split() for sentence in data["sentences"]] for lang, data in _DATA.items()}


def usual(lang: str, rng: random.Random) -> list[str]:
    """The words of a sentence as people build them: a template with its slots filled."""
    slots = _SLOTS[lang]
    return [rng.choice(slots[part]) if part in slots else part for part in rng.choice(_SENTENCES[lang])]


def unusual(lang: str, rng: random.Random, least: int = 3, most: int = 8) -> list[str]:
    """Words in an order nobody has said before: drawn at random, or two sentences shaken."""
    count = rng.randint(least, most)
    if rng.random() < 0.4:
        words = usual(lang, rng) + usual(lang, rng)
        rng.shuffle(words)
        return words[:count]
    return [rng.choice(WORDS[lang]) for _ in range(count)]


def sentence(lang: str, rng: random.Random, usual_share: float = 0.35) -> tuple[list[str], str]:
    """Words and closing mark of one sentence."""
    words = usual(lang, rng) if rng.random() < usual_share else unusual(lang, rng, 2, 10 if lang == "en" else 8)
    return words, closing(lang, words)


def closing(lang: str, words: list[str]) -> str:
    """Full stop or question mark, in the writing of the language."""
    if lang == "en":
        return "?" if words[0] in _QUESTIONS["en"] else "."
    return "？" if any(mark in word for mark in _QUESTIONS["zh"] for word in words) else "。"


def spoken(lang: str, words: list[str]) -> str:
    """The words as running text without punctuation."""
    return (" " if lang == "en" else "").join(words)


def units(lang: str, words: list[str]) -> list[tuple[str, int]]:
    """What the model writes as one token each: a word with its space, or a character; with its place in the text."""
    found, at = [], 0
    for word in words:
        if lang == "en":
            found.append((" " + word, at))
            at += len(word) + 1
        else:
            found += [(character, at + i) for i, character in enumerate(word)]
            at += len(word)
    return found


def build_tokenizer() -> Any:
    """Byte-level BPE in which every word of the vocabulary is one token, with Whisper's control tokens in its order."""
    from tokenizers import AddedToken, Tokenizer, decoders, models
    from tokenizers.pre_tokenizers import ByteLevel

    level = ByteLevel(add_prefix_space=False, use_regex=False)
    vocabulary = {character: i for i, character in enumerate(sorted(ByteLevel.alphabet()))}
    merges = []
    characters = sorted({c for word in WORDS["zh"] for c in word} | {"。", "？"})
    for unit in [" " + word for word in WORDS["en"]] + characters:
        text = level.pre_tokenize_str(unit)[0][0]
        for i in range(1, len(text)):  # merges start at the first byte: a known word always ends up as one token
            if text[: i + 1] not in vocabulary:
                merges.append((text[:i], text[i]))
                vocabulary[text[: i + 1]] = len(vocabulary)
    vocabulary[""] = len(vocabulary)  # CTranslate2 takes a model for multilingual only with this token
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    control = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{lang}|>" for lang in LANGUAGES), "<|translate|>"]
    control += ["<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    control += [f"<|{i * 0.02:.2f}|>" for i in range(1501)]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return tokenizer


def main() -> None:
    """Print the vocabulary."""
    rng = random.Random(1)
    for lang in LANGUAGES:
        print(len(WORDS[lang]), lang, *WORDS[lang])
        for _ in range(8):
            words, mark = sentence(lang, rng)
            print("   ", spoken(lang, words) + mark)


if __name__ == "__main__":
    main()
