"""Step the scheduler once an epoch, with a plan that counts epochs."""

import torch

from preheat import cosine, warmup, zero_based
from preheat.torch import Scheduler

EPOCHS, BATCHES = 10, 50

torch.manual_seed(0)
weights = torch.randn(8, 1)
model = torch.nn.Linear(8, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

# A warm-up of two epochs; then the cosine, read from its start, so that the last epoch does not train at 0.
plan = warmup(2) >> zero_based(cosine(1, 0, steps=EPOCHS - 2))
scheduler = Scheduler(optimizer, plan, clock="calls")  # each call of step() is one more epoch

print(f"plan: {plan}\n")
print("epoch        lr      loss")
for epoch in range(EPOCHS):
    for _ in range(BATCHES):
        x = torch.randn(32, 8)
        loss = (model(x) - x @ weights).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    print(f"{epoch:5}{scheduler.get_last_lr()[0]:10.4f}{loss.item():10.6f}")
    scheduler.step()
