"""Whisper's network with the parameter names of transformers, so that the weights load there, plus parts for training.

Only for training are: encoders of any length, a classifier of the encoder's frames, and cross-attention that is told
where each unit was spoken. Training stalled without the latter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

FULL = 1500
"""Encoder frames of 30 s."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a network. ``times`` is the id of the first time token; ``align`` the heads that follow the sound."""

    tokens: int
    times: int
    width: int = 96
    heads: int = 4
    inner: int = 384
    encoder_layers: int = 3
    decoder_layers: int = 2
    align: tuple[int, ...] = (0, 1)


def sinusoid(count: int, width: int) -> Tensor:
    """Whisper's position vectors, shape (count, width)."""
    step = math.log(10000) / (width // 2 - 1)
    angles = torch.arange(count).view(-1, 1) * torch.exp(-step * torch.arange(width // 2)).view(1, -1)
    return torch.cat([angles.sin(), angles.cos()], 1)


class Attention(nn.Module):
    """Multi-head attention; returns the log weights too when ``want`` is set."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, source: Tensor, causal: bool = False, want: bool = False) -> tuple[Tensor, Any]:
        batch, _, width = x.shape

        def split(value: Tensor) -> Tensor:
            return value.view(batch, -1, self.heads, width // self.heads).transpose(1, 2)

        q, k, v = split(self.q_proj(x)), split(self.k_proj(source)), split(self.v_proj(source))
        weights = None
        if want:
            weights = (q @ k.transpose(-1, -2) / math.sqrt(width // self.heads)).log_softmax(-1)
            out = weights.exp() @ v
        else:
            out = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(out.transpose(1, 2).reshape(batch, -1, width)), weights


class Layer(nn.Module):
    """A transformer layer of the encoder, or of the decoder with ``cross``."""

    def __init__(self, width: int, heads: int, inner: int, cross: bool) -> None:
        super().__init__()
        self.cross = cross
        self.self_attn = Attention(width, heads)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        if cross:
            self.encoder_attn = Attention(width, heads)
            self.encoder_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, encoded: Tensor | None = None, want: bool = False) -> tuple[Tensor, Any]:
        y = self.self_attn_layer_norm(x)
        x = x + self.self_attn(y, y, causal=self.cross)[0]
        weights = None
        if encoded is not None:
            y, weights = self.encoder_attn(self.encoder_attn_layer_norm(x), encoded, want=want)
            x = x + y
        return x + self.fc2(functional.gelu(self.fc1(self.final_layer_norm(x)))), weights


class Encoder(nn.Module):
    """Log-mel features, shape (batch, 80, 2 n), to vectors (batch, n, width) for n frames from ``offset`` on."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.conv1 = nn.Conv1d(80, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(FULL, width)
        self.embed_positions.weight.data = sinusoid(FULL, width)
        self.embed_positions.weight.requires_grad = False
        layers = (Layer(width, shape.heads, shape.inner, False) for _ in range(shape.encoder_layers))
        self.layers = nn.ModuleList(layers)
        self.layer_norm = nn.LayerNorm(width)
        self._look_nearby(shape)

    def forward(self, features: Tensor, offset: Tensor) -> Tensor:
        x = functional.gelu(self.conv2(functional.gelu(self.conv1(features)))).transpose(1, 2)
        x = x + self.embed_positions.weight[offset[:, None] + torch.arange(x.shape[1])[None]]
        for layer in self.layers:
            x, _ = layer(x)
        return self.layer_norm(x)

    def _look_nearby(self, shape: Shape) -> None:
        """Start each head attending some frames before or after its own: q.k = sum of cos(w (i + delta - j))."""
        size, half = shape.width // shape.heads, shape.width // 2
        chosen = [round(i * 22 / (size // 2 - 1)) for i in range(size // 2)]
        omega = torch.exp(-math.log(10000) / (half - 1) * torch.arange(half))
        gain = 1.3
        for layer, deltas in zip(self.layers, [(-5, -1.5, 1.5, 5), (-14, -5, 5, 14), (-20, -8, 8, 20)], strict=False):
            attention = layer.self_attn
            q, k = attention.q_proj.weight.data, attention.k_proj.weight.data
            q.mul_(0.1)
            k.mul_(0.1)
            attention.q_proj.bias.data.zero_()
            for head, delta in enumerate(deltas):
                for j, i in enumerate(chosen):
                    row = head * size + 2 * j
                    cosine, sine = math.cos(omega[i] * delta), math.sin(omega[i] * delta)
                    q[row, i] += gain * cosine
                    q[row, half + i] += gain * sine
                    q[row + 1, half + i] += gain * cosine
                    q[row + 1, i] -= gain * sine
                    k[row, i] += gain
                    k[row + 1, half + i] += gain


class Decoder(nn.Module):
    """Holds the decoder's parameters; ``TinyWhisper`` runs it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.embed_tokens = nn.Embedding(shape.tokens, width)
        self.embed_positions = nn.Embedding(448, width)
        nn.init.normal_(self.embed_tokens.weight, std=0.3 * width**-0.25 / 1.5)
        self.embed_tokens.weight.data[shape.times :] = 0
        self.embed_positions.weight.data = sinusoid(448, width) * 0.3
        layers = (Layer(width, shape.heads, shape.inner, True) for _ in range(shape.decoder_layers))
        self.layers = nn.ModuleList(layers)
        self.layer_norm = nn.LayerNorm(width)


class Inner(nn.Module):
    """The two halves under the name transformers gives them."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.encoder = Encoder(shape)
        self.decoder = Decoder(shape)


class TinyWhisper(nn.Module):
    """The whole network."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.model = Inner(shape)
        # A time token is a linear map of the encoder's own sinusoid for that frame plus a small rest. It is exported
        # as ordinary rows, but neighbours share parameters, so that 1501 of them are learnt from few examples.
        self.ts_map = nn.Linear(shape.width, shape.width)
        nn.init.eye_(self.ts_map.weight)
        self.ts_map.weight.data *= 0.3
        nn.init.zeros_(self.ts_map.bias)
        self.register_buffer("ts_sin", sinusoid(FULL + 1, shape.width))
        self.frame_head = nn.Linear(shape.width, shape.times + 1)

    def table(self) -> Tensor:
        """Vectors of all tokens, shape (tokens, width), for input and output alike."""
        rows = self.model.decoder.embed_tokens.weight
        times = self.shape.times
        return torch.cat([rows[:times], rows[times:] + self.ts_map(self.ts_sin)])

    def forward(self, features: Tensor, offset: Tensor, ids: Tensor, keep: Tensor) -> tuple[Tensor, ...]:
        """Encoded frames, logits where the mask ``keep`` is set, cross-attention of the first and last layer."""
        encoded = self.model.encoder(features, offset)
        decoder, table = self.model.decoder, self.table()
        x = table[ids] + decoder.embed_positions.weight[: ids.shape[1]]
        weights = []
        for index, layer in enumerate(decoder.layers):
            x, heads = layer(x, encoded, want=index in (0, len(decoder.layers) - 1))
            weights.append(heads)
        return encoded, decoder.layer_norm(x[keep]) @ table.t(), weights[0], weights[-1]
