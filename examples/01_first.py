"""Train with a warm-up and a cosine, and see that each update uses the plan's value."""

import torch

from preheat import cosine, warmup
from preheat.torch import Scheduler

torch.manual_seed(0)
x = torch.randn(256, 8)
y = x @ torch.randn(8, 1)

model = torch.nn.Linear(8, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
plan = warmup(20) >> cosine(1, 0.1, steps=180)
scheduler = Scheduler(optimizer, plan)

print(f"plan: {plan}\n")
print("update      plan        lr      loss")
for i in range(plan.steps):
    loss = (model(x) - y).square().mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    if i in (0, 9, 19, 109, 199):
        print(f"{i:6}{plan(i):10.3f}{scheduler.get_last_lr()[0]:10.4f}{loss.item():10.6f}")
    scheduler.step()
