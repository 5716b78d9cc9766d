"""The learning rate of "Attention is all you need", beside the paper's formula."""

import torch

from preheat import noam
from preheat.torch import Scheduler

D_MODEL, WARMUP_STEPS = 512, 4_000


def paper(step_num: int) -> float:
    """Equation 3 of the paper; its first update has step_num 1."""
    return D_MODEL**-0.5 * min(step_num**-0.5, step_num * WARMUP_STEPS**-1.5)


plan = noam(D_MODEL, WARMUP_STEPS)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0, betas=(0.9, 0.98), eps=1e-9)
scheduler = Scheduler(optimizer, lr=plan)  # lr=: the plan is the learning rate itself

print(f"plan: {plan}\n")
print("update      optimizer's lr     the paper's rate")
for i in range(5_000):
    used = optimizer.param_groups[0]["lr"]
    model(torch.ones(1, 4)).square().sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    scheduler.step()
    if i in (0, 1, 1_999, 3_999, 4_000, 4_999):
        print(f"{i:6}{used:20.9e}{paper(i + 1):20.9e}")
print(f"\nThe peak is at update {WARMUP_STEPS - 1}: {plan(WARMUP_STEPS - 1):.9e}")
