"""What the experiments train: byte-level language models, and networks that read digits. Nothing is downloaded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import Literal

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from preheat.demo.model import ByteModel
from preheat.demo.settings import LENGTH
from preheat.demo.text import library_text

__all__ = ["Batch", "Norm", "Task", "digits", "loss", "text"]

Batch = tuple[Tensor, Tensor]  # what is seen; what is to be said of it, as indices of classes
Norm = Literal["post", "pre"]  # where the layer norms are: after each sum, or before each branch

WINDOWS, AT_ONCE = 512, 64  # held-out sequences of text, and how many of them in a batch
CLASSES, EVERY = 10, 5  # of digits; every so many is held out


@dataclass(frozen=True)
class Task:
    """What is learnt, by which model, from which examples."""

    name: str  # with all that a run depends on
    model: Callable[[], nn.Module]  # a fresh one, from torch's random numbers
    example: Callable[[Generator], Batch]  # a random batch
    held_out: Sequence[Batch]
    trivial: float  # nats; the loss of a model that knows how often each class occurs, and nothing else
    score: Callable[[nn.Module], float] | None = None  # what else to follow during a run, 0 to 1

    def start(self, seed: int) -> nn.Module:
        """The model with the first weights of that seed; torch's random numbers are left as they were."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.model()

    def batches(self, seed: int) -> Iterator[Batch]:
        """Batches without end, the same for the same seed."""
        draws = torch.Generator().manual_seed(seed)
        while True:
            yield self.example(draws)

    @torch.no_grad()
    def judge(self, model: nn.Module) -> float:
        """The mean loss on what is held out, in nats; the model is in evaluation mode meanwhile."""
        model.eval()
        mean = sum(loss(model, batch).item() for batch in self.held_out) / len(self.held_out)
        model.train()
        return mean


def loss(model: nn.Module, batch: Batch) -> Tensor:
    """The mean cross-entropy of a batch, in nats, on the device where the model is."""
    seen, right = (part.to(next(model.parameters()).device) for part in batch)
    return cross_entropy(model(seen).flatten(0, -2), right.flatten())


def text(norm: Norm, *, layers: int = 12, width: int = 64, batch: int = 8) -> Task:
    """A causal Transformer that learns the sources of Python's standard library, byte by byte.

    Weights start as the paper's do: matrices by Glorot's rule, biases at 0, what is summed at the input with
    variance 1. With PyTorch's own first weights, which are smaller, it takes a higher learning rate to fail.

    Args:
        norm: `post` as Vaswani et al. 2017 have it, or `pre` (with one more layer norm at the end).
        layers: of the model.
        width: of the model, a multiple of 4.
        batch: sequences in an update, of 64 bytes each.
    """
    source = library_text()
    train, held_out = (torch.frombuffer(bytearray(part), dtype=torch.uint8) for part in (source.train, source.held_out))
    starts = torch.linspace(0, len(held_out) - LENGTH - 1, WINDOWS, dtype=torch.float64).long()
    return Task(
        f"{norm}-LN, {layers} layers of {width}, batch {batch}, text {source.digest[:8]}",
        partial(_byte_model, norm, layers, width),
        partial(_random_windows, train, batch),
        [_windows(held_out, part) for part in starts.split(AT_ONCE)],
        source.entropy(),
    )


def _random_windows(source: Tensor, batch: int, draws: Generator) -> Batch:
    return _windows(source, torch.randint(len(source) - LENGTH, (batch,), generator=draws))


def _windows(source: Tensor, starts: Tensor) -> Batch:
    window = source[starts[:, None] + torch.arange(LENGTH + 1)].long()
    return window[:, :-1], window[:, 1:]


def _byte_model(norm: Norm, layers: int, width: int) -> nn.Module:
    model = ByteModel(layers, width)
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(weight)
        elif weight.dim() > 1 and not name.startswith(("byte", "place")):
            nn.init.xavier_uniform_(weight)
    return _pre_ln(model, width) if norm == "pre" else model


def _pre_ln(model: ByteModel, width: int) -> ByteModel:
    for layer in model.layers:
        layer.norm_first = True  # type: ignore[assignment]  # what nn.Module declares of every attribute
    model.out = nn.Sequential(nn.LayerNorm(width), model.out)  # type: ignore[assignment]
    return model


def digits(kind: Literal["mlp", "cnn"], *, batch: int = 32) -> Task:
    """Scikit-learn's 1797 handwritten digits of 8 x 8 pixels, read by a small network.

    Args:
        kind: `mlp`, three hidden layers of 128, or `cnn`, two convolutions.
        batch: images in an update.
    """
    (images, labels), held_out = _digits()
    share = torch.bincount(labels).double() / len(labels)
    return Task(
        f"{kind.upper()}, digits, batch {batch}",
        _mlp if kind == "mlp" else _cnn,
        partial(_random_images, images, labels, batch),
        [held_out],
        -(share * share.log()).sum().item(),
    )


@cache
def _digits() -> tuple[Batch, Batch]:
    from sklearn.datasets import load_digits  # noqa: PLC0415  # slow to import, and of use here only

    found = load_digits()
    images = torch.tensor(found.images, dtype=torch.float32)[:, None] / 16  # (image, channel, row, column), 0 to 1
    labels = torch.tensor(found.target)
    kept = torch.arange(len(labels)) % EVERY == EVERY - 1
    return (images[~kept], labels[~kept]), (images[kept], labels[kept])


def _random_images(images: Tensor, labels: Tensor, batch: int, draws: Generator) -> Batch:
    chosen = torch.randint(len(labels), (batch,), generator=draws)
    return images[chosen], labels[chosen]


def _mlp() -> nn.Module:
    widths = (64, 128, 128, 128)
    hidden = [part for a, b in pairwise(widths) for part in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(widths[-1], CLASSES))


def _cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 2 * 2, CLASSES),
    )  # fmt: skip
