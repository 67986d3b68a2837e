"""What the network is asked for: the tokens, where each was spoken, and what is spoken in each frame."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor

from tests.speech.tinywhisper import vocabulary
from tests.speech.tinywhisper.network import TinyWhisper
from tests.speech.tinywhisper.windows import Tokens

_NEIGHBOURS = ((-2, 0.08), (-1, 0.22), (0, 0.4), (1, 0.22), (2, 0.08))  # a time token may be a step off
_ATTENTION, _FIRST_LAYER, _FRAMES = 0.3, 0.7, 0.7


class Loss:
    """Sum of the three parts for one batch of ``windows.Composer``."""

    def __init__(self, tokens: Tokens) -> None:
        units = [" " + word for word in vocabulary.WORDS["en"]] + [c for word in vocabulary.WORDS["zh"] for c in word]
        self._used = torch.tensor([0, *sorted({tokens.unit(unit) + 1 for unit in units})])
        self._rows = torch.full((tokens.times + 1,), -100)
        self._rows[self._used] = torch.arange(len(self._used))

    def __call__(self, network: TinyWhisper, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        features, offset, ids, targets, attention, frames = batch
        keep = targets >= 0
        encoded, logits, first, last = network(features, offset, ids, keep)
        written, accuracy = _tokens(network, logits.log_softmax(-1), targets[keep])
        heads = list(network.shape.align)
        spoken = torch.cat([torch.zeros_like(attention[:, :1]), attention[:, :-1]], 1)  # of the token just written
        guide = _guide(attention, last, heads) + _FIRST_LAYER * _guide(spoken, first, heads)
        classified = self._classify(network, encoded, frames)
        total = written + _ATTENTION * guide + _FRAMES * classified
        parts = {"tokens": written.item(), "attention": guide.item(), "frames": classified.item()}
        return total, {**parts, "accuracy": accuracy}

    def _classify(self, network: TinyWhisper, encoded: Tensor, frames: Tensor) -> Tensor:
        head = network.frame_head
        scores = functional.linear(encoded, head.weight[self._used], head.bias[self._used])
        labels = torch.where(frames < 0, frames, self._rows[frames.clamp(min=0)])
        return functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), labels.reshape(-1))


def _tokens(network: TinyWhisper, logs: Tensor, targets: Tensor) -> tuple[Tensor, float]:
    times = network.shape.times
    is_time = targets >= times
    words = logs[~is_time].gather(1, targets[~is_time][:, None])
    stamps, right = logs[is_time], targets[is_time]
    near = torch.zeros(len(right), 1)
    for step, weight in _NEIGHBOURS:
        near = near + weight * stamps.gather(1, (right + step).clamp(times, network.shape.tokens - 1)[:, None])
    accuracy = (logs[~is_time].argmax(-1) == targets[~is_time]).float().mean().item()
    return -(words.sum() + near.sum()) / targets.numel(), accuracy


def _guide(wanted: Tensor, logs: Tensor, heads: list[int]) -> Tensor:
    """Cross entropy of attention weights; only rows with a target, only the heads that follow the sound."""
    batch, row = (wanted.sum(-1) > 0).nonzero(as_tuple=True)
    return -(wanted[batch, row][:, None] * logs[batch, :, row][:, heads]).sum(-1).mean()
