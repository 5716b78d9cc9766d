"""One plan for two optimizers, each with its own learning rate and its own count of updates."""

import torch

from preheat import constant, cosine, linear, warmup
from preheat.torch import Scheduler

torch.manual_seed(0)
body, head = torch.nn.Linear(8, 8), torch.nn.Linear(8, 1)
matrices = torch.optim.SGD([body.weight], lr=0.02, momentum=0.9)
others = torch.optim.AdamW([body.bias, *head.parameters()], lr=0.003)

scheduler = Scheduler([matrices, others], warmup(10) >> cosine(1, 0, steps=90))
momentum = Scheduler(matrices, values={"momentum": linear(0.85, 0.95, steps=30) >> constant(0.95)})

print("update  lr of each   momentum")
for i in range(100):
    head(body(torch.randn(16, 8))).square().mean().backward()
    for optimizer in (matrices, others):
        optimizer.step()
        optimizer.zero_grad()
    if i in (0, 9, 29, 99):
        first, second = scheduler.get_last_lr()
        print(f"{i:6}{first:8.4f}{second:8.4f}{matrices.param_groups[0]['momentum']:8.4f}")
    scheduler.step()
    momentum.step()
