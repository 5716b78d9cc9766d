"""A translation that needs no download: numbers into English words, by the encoder-decoder of the paper."""

import math
import re
from functools import cache, partial

import torch
from num2words import num2words
from torch import Generator, Tensor, nn

from experiments._models import Batch, Task

__all__ = ["numbers"]

HELD_OUT = 97  # every so many numbers is kept from training
JUDGED = 512  # numbers, evenly spaced
NOTHING = -100  # what `cross_entropy` leaves out
DIGITS = 6
START = 10  # and padding; among the digits 0 to 9 of a number


def numbers(layers: int = 6, width: int = 512, heads: int = 8, batch: int = 64) -> Task:
    """Numbers below a million, digit by digit, into words, separators included; Vaswani et al.'s base model as default.

    Args:
        layers: of the encoder, and of the decoder.
        width: of the model.
        heads: of each attention.
        batch: numbers in an update.
    """
    kept = torch.arange(0, 10**DIGITS, HELD_OUT)
    judged = _batch(kept[:: len(kept) // JUDGED][:JUDGED])
    return Task(
        f"numbers to words, {layers} + {layers} layers of {width}, batch {batch}",
        partial(Translator, layers, width, heads),
        partial(_random, batch),
        [judged],
        math.log(len(_words())),
        partial(exact, judged),
    )


class Translator(nn.Module):
    """The paper's encoder and decoder, post-LN, with learnt places; matrices start by Glorot's rule."""

    causal: Tensor

    def __init__(self, layers: int, width: int, heads: int) -> None:
        super().__init__()
        classes, length = len(_words()), _longest()
        self.digit, self.word = nn.Embedding(START + 1, width), nn.Embedding(classes, width)
        self.place = nn.Parameter(torch.randn(length, width))
        self.core = nn.Transformer(width, heads, layers, layers, 4 * width, dropout=0.0, batch_first=True)
        self.out = nn.Linear(width, classes)
        self.register_buffer("causal", nn.Transformer.generate_square_subsequent_mask(length))

    def forward(self, seen: Tensor) -> Tensor:
        """Logits (batch, place, word); `seen` has the digits, then the words so far."""
        digits, words = seen[:, :DIGITS], seen[:, DIGITS:]
        count = words.shape[1]
        source = self.digit(digits) + self.place[:DIGITS]
        target = self.word(words) + self.place[:count]
        mask = self.causal[:count, :count]
        return torch.as_tensor(self.out(self.core(source, target, tgt_mask=mask, tgt_is_causal=True)))


@torch.no_grad()
def exact(judged: Batch, model: nn.Module) -> float:
    """The share of these numbers whose words, each the likeliest after the last, are right to the end."""
    model.eval()
    seen, right = (part.to(next(model.parameters()).device) for part in judged)
    so_far = seen[:, : DIGITS + 1]
    for _ in range(right.shape[1]):
        so_far = torch.cat([so_far, model(so_far)[:, -1:].argmax(-1)], dim=1)
    model.train()
    said = so_far[:, DIGITS + 1 :]
    return ((said == right) | (right == NOTHING)).all(1).double().mean().item()


def _random(batch: int, draws: Generator) -> Batch:
    chosen = torch.randint(10**DIGITS - 1, (batch,), generator=draws)
    return _batch(chosen + (chosen % HELD_OUT == 0))


def _batch(chosen: Tensor) -> Batch:
    """Digits and words that begin with a start, and the words that end with one."""
    rows = [_row(number) for number in chosen.tolist()]
    return torch.tensor([seen for seen, _ in rows]), torch.tensor([right for _, right in rows])


def _row(number: int) -> tuple[list[int], list[int]]:
    known = _words()
    said = [known[word] for word in _spelt(number)]
    rest = _longest() - len(said) - 1
    digits = [START] * (DIGITS - len(str(number))) + [int(digit) for digit in str(number)]
    return digits + [0, *said] + [0] * rest, [*said, 0] + [NOTHING] * rest


def _spelt(number: int) -> list[str]:
    """Its words and what stands between them: `twenty`, `-`, `one`."""
    return re.findall(r"[a-z]+|[^a-z]+", num2words(number))


@cache
def _words() -> dict[str, int]:
    """What may be said, numbered from 1; 0 is the start and the end."""
    every = [*range(100), 100, 121, 1_000, 1_001, 121_121]
    said = sorted({word for number in every for word in _spelt(number)})
    return {word: k for k, word in enumerate(["", *said])}


@cache
def _longest() -> int:
    """Words and separators of the longest number, and the end."""
    return len(_spelt(777_777)) + 1
