"""Training one model with one plan; the same weights to start from and the same batches for every plan."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy

from preheat.demo._model import BYTES, ByteModel
from preheat.demo._plans import Entry
from preheat.demo._settings import LENGTH, PEAK, Settings
from preheat.demo._text import Text
from preheat.demo._together import mean, share, shared
from preheat.torch import Scheduler

WINDOWS = 512  # held-out sequences, evenly spaced
AT_ONCE = 64  # a divisor of it


class Training:
    """A model, its optimizer and its scheduler, not yet trained."""

    def __init__(self, entry: Entry, settings: Settings, seed: int, text: Text) -> None:
        self.settings, self.text = settings, text
        self.batches = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = shared(ByteModel(settings.layers, settings.width).to(settings.device))
        lr = 0.0 if entry.sets_lr else PEAK
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=lr, betas=(0.9, 0.98), eps=1e-9)
        self.scheduler = (
            Scheduler(self.optimizer, lr=entry.plan) if entry.sets_lr else Scheduler(self.optimizer, entry.plan)
        )

    def updates(self) -> Iterator[tuple[float, float]]:
        """Train, giving the learning rate and the loss (nats per byte) of each update."""
        data = _bytes(self.text.train)
        for _ in range(self.settings.steps):
            starts = torch.randint(len(data) - LENGTH, (self.settings.batch,), generator=self.batches)
            self.optimizer.zero_grad()
            loss = self._loss(data, share(starts))
            loss.backward()
            self.optimizer.step()
            yield float(self.scheduler.get_last_lr()[0]), mean(loss)
            self.scheduler.step()

    @torch.no_grad()
    def final_loss(self) -> float:
        """The mean loss on the held-out sequences, in nats per byte."""
        data = _bytes(self.text.held_out)
        starts = torch.linspace(0, len(data) - LENGTH - 1, WINDOWS, dtype=torch.float64).long()
        parts = [starts[i : i + AT_ONCE] for i in range(0, WINDOWS, AT_ONCE)]
        return sum(self._loss(data, part).item() for part in parts) / len(parts)

    def _loss(self, data: Tensor, starts: Tensor) -> Tensor:
        windows = data[starts[:, None] + torch.arange(LENGTH + 1)].long().to(self.settings.device)
        logits = self.model(windows[:, :-1])
        return cross_entropy(logits.reshape(-1, BYTES), windows[:, 1:].reshape(-1))


def _bytes(text: bytes) -> Tensor:
    return torch.frombuffer(bytearray(text), dtype=torch.uint8)


@contextmanager
def machine(settings: Settings) -> Iterator[None]:
    """Use the threads asked for, in a way that gives the same losses each time."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what repeatable sums on CUDA ask for
    threads = torch.get_num_threads()
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    try:
        with sdpa_kernel(SDPBackend.MATH):  # the others may sum in any order
            yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])


def require_device(device: str) -> None:
    """Refuse a device that torch cannot use here.

    Raises:
        ValueError: so it is.
    """
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError):  # a name unknown, a build without it, no such hardware
        raise ValueError(
            f"demo(device={device!r}): device must be one that torch can use here, such as 'cpu'"
        ) from None
