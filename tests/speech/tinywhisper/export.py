"""Checkpoint to model folder: ``python -m tests.speech.tinywhisper.export checkpoint.pt tests/speech/model``."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torch

from app.transcribe import models
from tests.speech.tinywhisper.network import FULL, TinyWhisper
from tests.speech.tinywhisper.train import load
from tests.speech.tinywhisper.windows import Tokens

NAME = "phrases"
_FEATURES = {"feature_size": 80, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}


def _in_transformers(network: TinyWhisper, tokens: Tokens) -> Any:
    """The same network as transformers knows it."""
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    shape, begin = network.shape, [tokens.space, tokens.end]
    config = WhisperConfig(
        vocab_size=shape.tokens,
        num_mel_bins=80,
        d_model=shape.width,
        encoder_layers=shape.encoder_layers,
        decoder_layers=shape.decoder_layers,
        encoder_attention_heads=shape.heads,
        decoder_attention_heads=shape.heads,
        encoder_ffn_dim=shape.inner,
        decoder_ffn_dim=shape.inner,
        max_source_positions=FULL,
        max_target_positions=448,
        pad_token_id=tokens.end,
        bos_token_id=tokens.end,
        eos_token_id=tokens.end,
        decoder_start_token_id=tokens.start,
        suppress_tokens=[],
        begin_suppress_tokens=begin,
    )
    whisper = WhisperForConditionalGeneration(config)
    weights = {name: value for name, value in network.state_dict().items() if name.startswith("model.")}
    table = network.table().detach().clone()
    weights["model.decoder.embed_tokens.weight"] = weights["proj_out.weight"] = table
    whisper.load_state_dict(weights)
    whisper.generation_config = GenerationConfig(
        decoder_start_token_id=tokens.start,
        eos_token_id=tokens.end,
        pad_token_id=tokens.end,
        suppress_tokens=[],
        begin_suppress_tokens=begin,
        alignment_heads=[[shape.decoder_layers - 1, head] for head in shape.align],
        lang_to_id={f"<|{lang}|>": token for lang, token in tokens.language.items()},
        is_multilingual=True,
    )
    return whisper


def export(network: TinyWhisper, out: Path) -> None:
    """Write ``out``: weights as int8, tokenizer, and the manifest the client asks for."""
    from ctranslate2.converters import TransformersConverter
    from transformers import PreTrainedTokenizerFast

    tokens = Tokens()
    end = "<|endoftext|>"
    with tempfile.TemporaryDirectory() as folder:
        _in_transformers(network, tokens).save_pretrained(folder)
        fast = PreTrainedTokenizerFast(tokenizer_object=tokens.tokenizer, unk_token=end, bos_token=end, eos_token=end)
        fast.save_pretrained(folder)
        tokens.tokenizer.save(f"{folder}/tokenizer.json")  # the plain one; faster-whisper would fetch one otherwise
        (Path(folder) / "preprocessor_config.json").write_text(json.dumps(_FEATURES))
        copied = ["tokenizer.json", "preprocessor_config.json"]
        TransformersConverter(folder, copy_files=copied).convert(str(out), quantization="int8", force=True)
    (out / models.MANIFEST).write_text(json.dumps(models.describe(out, NAME), indent=2) + "\n")


def main() -> None:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    export(load(options.checkpoint), options.out)
    print(models.verify(options.out).id)


if __name__ == "__main__":
    main()
