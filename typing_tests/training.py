"""What a type checker knows of plans at work in PyTorch; checked by mypy and pyright, never run."""

from typing import Any, assert_type

import torch
from torch.optim.lr_scheduler import LRScheduler

from preheat import Plan, constant, noam, warmup
from preheat.shapes import Number, Steps, Time, Value, shape
from preheat.torch import NoamOpt, Plateau, Scheduler, from_scheduler, layerwise

model = torch.nn.Linear(8, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)

scheduler: LRScheduler = Scheduler(optimizer, warmup(4) >> constant(1))
Scheduler(optimizer, "warmup(4)", total_steps=100, clock="calls", on_change="error")
Scheduler(optimizer, lambda i: 1 / (1 + i))
Scheduler(optimizer, {"head": constant(1), 1: "warmup(4)", "*": None})
Scheduler([optimizer, optimizer], lr=noam(512, 4_000), scale={"weight_decay": constant(1)})

bound = Scheduler(optimizer, warmup(4), feedback=Plateau(factor=0.5))
assert_type(bound.get_last_lr(), list[float])
assert_type(bound.base_lrs, tuple[float, ...])
assert_type(bound.state_dict(), dict[str, Any])
assert_type(bound.last_epoch, int)
assert_type(from_scheduler(bound).position, int)
torch.optim.SGD(layerwise(model, len, lr=0.1, decay=0.5))
NoamOpt(512, 4_000, optimizer).step()


@shape
def smoothstep(t: Time, start: Number, end: Number, *, steps: Steps) -> Value:
    """A shape of one's own is called without its time, and makes a plan."""
    return start + (end - start) * (t / steps) ** 2 * (3 - 2 * t / steps)


assert_type(smoothstep(1, 0, steps=4), Plan)
