"""Warm up, then let a metric lower the learning rate.

A `Plateau` stands beside the plan: the value used is the product of both, and each keeps its own state.
"""

import torch

from preheat import warmup_constant
from preheat.torch import Plateau, Scheduler

torch.manual_seed(0)
x = torch.randn(256, 8)
y = x @ torch.randn(8, 1) + 0.1 * torch.randn(256, 1)

model = torch.nn.Linear(8, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
scheduler = Scheduler(optimizer, warmup_constant(20), feedback=Plateau(factor=0.5, patience=2, threshold=0.01))

print("update      loss        lr")
for _ in range(12):
    for _ in range(20):
        loss = (model(x) - y).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        scheduler.step()
    scheduler.observe(loss.item())  # once an epoch; the warm-up goes on counting updates
    print(f"{scheduler.last_epoch:6}{loss.item():10.6f}{scheduler.get_last_lr()[0]:10.5f}")
