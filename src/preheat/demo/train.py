"""Training one model with one plan, from the same weights and on the same batches for every plan."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy

from preheat.demo.model import BYTES, ByteModel
from preheat.demo.plans import Entry
from preheat.demo.settings import LENGTH, PEAK, Settings
from preheat.demo.text import Text
from preheat.torch import Scheduler

__all__ = ["Run", "require_device", "train"]

WINDOWS = 512  # held-out sequences, evenly spaced
AT_ONCE = 64  # a divisor of WINDOWS


@dataclass
class Run:
    """The learning rate and the loss of every update, and the loss on the held-out text, in nats per byte."""

    name: str
    expression: str
    lrs: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    final_loss: float | None = None  # None: interrupted


def train(run: Run, entry: Entry, settings: Settings, text: Text) -> Iterator[None]:
    """Train, and keep what each update used in `run`; yields after every update."""
    torch.set_num_threads(settings.threads)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        model = ByteModel(settings.layers, settings.width).to(settings.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=PEAK, betas=(0.9, 0.98), eps=1e-9)
    scheduler = Scheduler(optimizer, lr=entry.plan) if entry.sets_lr else Scheduler(optimizer, entry.plan)
    data, batches = _tensor(text.train), torch.Generator().manual_seed(settings.seed)
    with sdpa_kernel(SDPBackend.MATH):  # sums in a fixed order: a seed gives the same losses each time
        for _ in range(settings.steps):
            starts = torch.randint(len(data) - LENGTH, (settings.batch,), generator=batches)
            optimizer.zero_grad()
            loss = _loss(model, data, starts)
            loss.backward()
            optimizer.step()
            run.lrs.append(float(scheduler.get_last_lr()[0]))
            run.losses.append(loss.item())
            scheduler.step()
            yield
        run.final_loss = _held_out_loss(model, _tensor(text.held_out))


@torch.no_grad()
def _held_out_loss(model: ByteModel, data: Tensor) -> float:
    starts = torch.linspace(0, len(data) - LENGTH - 1, WINDOWS, dtype=torch.float64).long()
    parts = starts.split(AT_ONCE)
    return sum(_loss(model, data, part).item() for part in parts) / len(parts)


def _loss(model: ByteModel, data: Tensor, starts: Tensor) -> Tensor:
    """The mean loss of the sequences that begin at `starts`."""
    windows = data[starts[:, None] + torch.arange(LENGTH + 1)].long().to(model.causal.device)
    return cross_entropy(model(windows[:, :-1]).reshape(-1, BYTES), windows[:, 1:].reshape(-1))


def _tensor(text: bytes) -> Tensor:
    return torch.frombuffer(bytearray(text), dtype=torch.uint8)


def require_device(device: str) -> None:
    """Refuse a device that torch cannot use here.

    Raises:
        ValueError: so it is.
    """
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError):  # an unknown name, torch built without it, no hardware
        raise ValueError(
            f"demo(device={device!r}): device must be one that torch can use here, such as 'cpu'"
        ) from None
