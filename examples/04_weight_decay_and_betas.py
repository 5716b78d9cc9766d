"""Schedule the weight decay and a beta beside the learning rate.

`scale=` multiplies each group's own value of a knob, `values=` sets it. The plan given by position is the one of `lr`.
"""

import torch

from preheat import constant, cosine, linear, warmup
from preheat.torch import Scheduler

model = torch.nn.Linear(8, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.04, betas=(0.9, 0.95))
scheduler = Scheduler(
    optimizer,
    warmup(10) >> cosine(1, 0, steps=90),
    scale={"weight_decay": cosine(1, 10, steps=100)},  # from 0.04 up to 0.4, as DINO does
    values={"betas[0]": linear(0.85, 0.95, steps=30) >> constant(0.95)},
)

for i in range(100):
    model(torch.randn(16, 8)).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()
    scheduler.step()
    if i in (0, 9, 29, 99):
        used = scheduler.used()[0]  # of group 0: what the last update used
        print(f"update {i:3}  " + "  ".join(f"{knob} {value:.4f}" for knob, value in used.items()))
