"""Schedules under torture, of torch and transformers, each built and stepped as their docs say."""

from collections.abc import Callable, Iterator
from math import cos, pi
from typing import Any

from torch.optim import Optimizer
from torch.optim import lr_scheduler as ts

from benchmarks._torture.setting import FLOOR, AdamW, Case, Driven, N, W


def torch_like(make: Callable[..., Any], **rest: bool) -> dict[str, Any]:
    """What a torch scheduler needs: `step()` after each update; `last_epoch=k - 1` to start at update `k`."""

    def build(optimizer: Optimizer, total: int = N, **given: int) -> Driven:
        return Driven([make(optimizer, total, **given)])

    return {"build": build, **rest}


def rebuilt(make: Callable[..., Any]) -> Callable[[Optimizer, int], Driven]:
    """A torch scheduler as its docs rebuild it, with the number of the update before."""

    def resume(optimizer: Optimizer, k: int) -> Driven:
        return Driven([make(optimizer, N, last_epoch=k - 1)])

    return resume


def wave(i: int) -> float:
    """A warm-up, then half a cosine, as a user writes it for LambdaLR."""
    return (i + 1) / W if i < W else (1 + cos(pi * min(1, (i - W) / (N - W)))) / 2


def rise(optimizer: Optimizer, last_epoch: int = -1) -> Any:
    """Torch's warm-up."""
    return ts.LinearLR(optimizer, 1e-3, total_iters=W, last_epoch=last_epoch)


def fall(optimizer: Optimizer, steps: int, last_epoch: int = -1) -> Any:
    """Torch's cosine."""
    return ts.CosineAnnealingLR(optimizer, steps, eta_min=FLOOR, last_epoch=last_epoch)


def sequence(optimizer: Optimizer, total: int, last_epoch: int = -1) -> Any:
    """Torch's warm-up, then its cosine."""
    parts = [rise(optimizer), fall(optimizer, total - W)]
    return ts.SequentialLR(optimizer, parts, milestones=[W], last_epoch=last_epoch)


def one_cycle(optimizer: AdamW, total: int, last_epoch: int = -1) -> Any:
    """Torch's one cycle, up to each group's own lr."""
    return ts.OneCycleLR(optimizer, max_lr=list(optimizer.peaks), total_steps=total, last_epoch=last_epoch)


def triangles(optimizer: AdamW, _: int, last_epoch: int = -1) -> Any:
    """Torch's cyclic lr, up to each group's own lr."""
    peaks = list(optimizer.peaks)
    low = [0.1 * peak for peak in peaks]
    return ts.CyclicLR(optimizer, low, peaks, W, mode="triangular2", cycle_momentum=False, last_epoch=last_epoch)


def of_torch() -> Iterator[Case]:
    """Torch's own."""
    makes: dict[str, tuple[Callable[..., Any], bool, bool]] = {  # the maker, whether it ends, whether it is sized
        "LambdaLR": (lambda o, _, **k: ts.LambdaLR(o, wave, **k), True, False),
        "StepLR": (lambda o, _, **k: ts.StepLR(o, W, 0.3, **k), False, False),
        "MultiStepLR": (lambda o, _, **k: ts.MultiStepLR(o, [W, 30], 0.3, **k), True, False),
        "ExponentialLR": (lambda o, _, **k: ts.ExponentialLR(o, 0.95, **k), False, False),
        "LinearLR": (lambda o, _, **k: rise(o, **k), True, False),
        "PolynomialLR": (lambda o, n, **k: ts.PolynomialLR(o, n, 2.0, **k), False, True),
        "CosineAnnealingLR": (fall, True, True),
        "CosineAnnealingWarmRestarts": (
            lambda o, _, **k: ts.CosineAnnealingWarmRestarts(o, W, 2, eta_min=FLOOR, **k), False, False,
        ),
        "OneCycleLR": (one_cycle, True, True),
        "CyclicLR": (triangles, False, False),
        "SequentialLR(Linear, Cosine)": (sequence, True, True),
        "ChainedScheduler(Linear, Cosine)": (lambda o, n: ts.ChainedScheduler([rise(o), fall(o, n)]), True, True),
    }  # fmt: skip
    for name, (make, ends, sized) in makes.items():
        again = None if name.startswith("Chained") else rebuilt(make)
        yield Case("torch", name, **torch_like(make, ends=ends, sized=sized), resumes=again)


def of_transformers() -> Iterator[Case]:
    """Transformers' functions."""
    from transformers import optimization as hf  # noqa: PLC0415  # only where it is installed

    makes: dict[str, tuple[Callable[..., Any], bool, bool]] = {
        "constant_with_warmup": (lambda o, _, **k: hf.get_constant_schedule_with_warmup(o, W, **k), True, False),
        "linear_with_warmup": (lambda o, n, **k: hf.get_linear_schedule_with_warmup(o, W, n, **k), False, True),
        "cosine_with_warmup": (lambda o, n, **k: hf.get_cosine_schedule_with_warmup(o, W, n, **k), True, True),
        "cosine_with_hard_restarts": (
            lambda o, n, **k: hf.get_cosine_with_hard_restarts_schedule_with_warmup(o, W, n, 2, **k), False, True,
        ),
        "polynomial_decay": (
            lambda o, n, **k: hf.get_polynomial_decay_schedule_with_warmup(o, W, n, FLOOR, 2.0, **k), False, True,
        ),
        "inverse_sqrt": (lambda o, _, **k: hf.get_inverse_sqrt_schedule(o, W, **k), False, False),
        "cosine_with_min_lr": (
            lambda o, n, **k: hf.get_cosine_with_min_lr_schedule_with_warmup(o, W, n, min_lr=FLOOR, **k), True, True,
        ),
        "wsd": (lambda o, n, **k: hf.get_wsd_schedule(o, W, W, num_stable_steps=n - 2 * W, **k), False, True),
    }  # fmt: skip
    for name, (make, ends, sized) in makes.items():
        yield Case("transformers", name, **torch_like(make, ends=ends, sized=sized), resumes=rebuilt(make))
