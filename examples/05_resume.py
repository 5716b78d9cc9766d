"""Stop half-way, load the checkpoint in three orders, and end with the weights of the run that did not stop."""

import io

import torch

from preheat import cosine, warmup
from preheat.torch import Scheduler

PLAN = warmup(20) >> cosine(1, 0, steps=80)


def train(model: torch.nn.Module, optimizer: torch.optim.Optimizer, scheduler: Scheduler) -> None:
    """Fifty updates, from where the scheduler stands."""
    for i in range(scheduler.last_epoch, scheduler.last_epoch + 50):
        (model(torch.full((1, 8), i % 7 - 3.0)) - 1).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
        scheduler.step()


straight, file = torch.nn.Linear(8, 1), io.BytesIO()
optimizer = torch.optim.AdamW(straight.parameters(), lr=0.1)
parts = {"model": straight, "optimizer": optimizer, "scheduler": Scheduler(optimizer, PLAN)}
train(**parts)
torch.save({name: part.state_dict() for name, part in parts.items()}, file)
train(**parts)
for order in ("model build optimizer scheduler", "build scheduler optimizer model", "optimizer model build scheduler"):
    model = torch.nn.Linear(8, 1)
    parts = {"model": model, "optimizer": torch.optim.AdamW(model.parameters(), lr=0.1)}
    for part in order.split():
        if part == "build":
            parts["scheduler"] = Scheduler(parts["optimizer"], PLAN)
        else:
            file.seek(0)
            parts[part].load_state_dict(torch.load(file, weights_only=True)[part])
    train(**parts)
    print(f"{order:33} same weights: {torch.equal(model.weight, straight.weight)}")
