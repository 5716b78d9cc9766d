"""Compile the update together with its schedule, so that no new learning rate compiles anything again.

A learning rate in a tensor is written in place. `backend="aot_eager"` needs no compiler; leave it out for inductor.
"""

import torch

from preheat import cosine, warmup
from preheat.torch import Scheduler

counts = torch._dynamo.utils.counters["stats"]  # what torch has compiled
compiled = []
model = torch.nn.Linear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=torch.tensor(0.1))
scheduler = Scheduler(optimizer, warmup(4) >> cosine(1, 0, steps=16))


@torch.compile(backend="aot_eager")
def update() -> None:
    """One update, and the value of the next."""
    optimizer.step()
    scheduler.step()


for i in range(20):
    model(torch.ones(16, 8)).square().mean().backward()
    update()
    model.zero_grad(set_to_none=False)
    if i in (0, 3, 19):
        print(f"update {i:2} used {scheduler.used()[0]['lr']:.4f}")
    compiled.append(counts["unique_graphs"])
print(f"compiled anew after the first update: {compiled[-1] - compiled[0]}")
