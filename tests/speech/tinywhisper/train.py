"""Train: ``OMP_NUM_THREADS=1 python -m tests.speech.tinywhisper.train --bank bank.pkl --init checkpoint.pt``.

Without ``--init`` it starts from random weights and runs the whole schedule. A phase is FRAMES:SIZE:STEPS:FROM:TO
(learning rate falls as a cosine). 300 frames are windows of 6 s, cheap, to learn the alignment; 1500 the real ones of
30 s; 0 mixes both. ``--minutes`` ends a single phase by the clock.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import os
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from tests.speech.tinywhisper.loss import Loss
from tests.speech.tinywhisper.network import FULL, Shape, TinyWhisper
from tests.speech.tinywhisper.windows import Composer, Tokens

FROM_SCRATCH = "300:8:1500:2e-3:1.2e-3,300:8:2500:1.2e-3:4e-4,1500:2:600:4e-4:4e-4,0:2:4000:5e-4:1e-5"
FINE_TUNING = "0:3:5000:7e-4:5e-6"
_SHORT = 300
_WARM_UP = 60


@dataclasses.dataclass(frozen=True)
class Phase:
    frames: int
    size: int
    steps: int
    first: float
    last: float

    @classmethod
    def parse(cls, text: str) -> Phase:
        frames, size, steps, first, last = text.split(":")
        return cls(int(frames), int(size), int(steps), float(first), float(last))

    def rate(self, done: float, step: int) -> float:
        """Learning rate when the share ``done`` of the phase is over."""
        falling = self.last + (self.first - self.last) * 0.5 * (1 + math.cos(math.pi * done))
        return falling * min(1.0, (step + 1) / _WARM_UP)

    def window(self, step: int) -> tuple[int, int]:
        """Encoder frames and batch size of one step."""
        if self.frames:
            return self.frames, self.size
        return (_SHORT, 3 * self.size) if step % 3 == 0 else (FULL, self.size)


def load(path: Path) -> TinyWhisper:
    """The network of a checkpoint."""
    stored = torch.load(path, weights_only=True)
    network = TinyWhisper(Shape(**{**stored["shape"], "align": tuple(stored["shape"]["align"])}))
    network.load_state_dict(stored["weights"])
    return network


def save(network: TinyWhisper, path: Path, *, half: bool = False) -> None:
    """Write a checkpoint, with weights in half precision where size matters."""
    weights = {name: value.half() if half else value for name, value in network.state_dict().items()}
    shape = {**dataclasses.asdict(network.shape), "align": list(network.shape.align)}
    torch.save({"weights": weights, "shape": shape}, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def _optimiser(network: TinyWhisper) -> Any:
    learnt = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    decaying = [p for name, p in learnt if p.dim() > 1 and "embed" not in name]
    chosen = {id(p) for p in decaying}
    groups: list[dict[str, Any]] = [
        {"params": decaying, "weight_decay": 0.01},
        {"params": [p for _, p in learnt if id(p) not in chosen], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98))


def _progress(phase: Phase, minutes: float) -> Iterator[float]:
    """The share of the phase that is over, step by step."""
    began, step = time.monotonic(), 0
    while True:
        done = (time.monotonic() - began) / 60 / minutes if minutes else step / phase.steps
        if done >= 1:
            return
        yield done
        step += 1


def train(bank: dict[str, list[Any]], options: argparse.Namespace) -> None:
    """Run all phases and leave the checkpoint at ``options.out``."""
    tokens = Tokens()
    network = load(options.init) if options.init else TinyWhisper(Shape(tokens.count, tokens.times))
    composer, loss, optimiser = Composer(bank, tokens, options.seed), Loss(tokens), _optimiser(network)
    began, count = time.monotonic(), 0
    for phase in (Phase.parse(part) for part in options.phases.split(",")):
        for step, done in enumerate(_progress(phase, options.minutes)):
            for group in optimiser.param_groups:
                group["lr"] = phase.rate(done, step)
            frames, size = phase.window(step)
            total, parts = loss(network, composer.batch(size, frames, count))
            optimiser.zero_grad()
            total.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            count += 1
            if count % 100 == 0:
                shown = " ".join(f"{name} {value:.3f}" for name, value in parts.items())
                print(f"{(time.monotonic() - began) / 60:.1f} min, step {count}, {frames} frames: {shown}", flush=True)
                save(network, options.out)
    save(network, options.out)
    save(network, options.out.with_name(f"{options.out.stem}-half.pt"), half=True)


def main() -> None:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bank", type=Path, default=Path("bank.pkl"))
    parser.add_argument("--out", type=Path, default=Path("model.pt"))
    parser.add_argument("--init", type=Path, help="checkpoint to go on from")
    parser.add_argument("--phases")
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.phases = options.phases or (FINE_TUNING if options.init else FROM_SCRATCH)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    with options.bank.open("rb") as file:
        bank = pickle.load(file)
    train(bank, options)


if __name__ == "__main__":
    main()
