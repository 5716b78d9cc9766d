"""Give each layer a learning rate of its own, and the head a plan of its own.

`layerwise` makes one group for each depth: the nearer to the input, the smaller the learning rate, by a factor of
`decay`. A plan multiplies whatever a group has, so one plan serves all of them; the head, named, has another.
"""

import torch

from preheat import constant, cosine, warmup
from preheat.torch import Scheduler, layerwise

body = torch.nn.Sequential(*(torch.nn.Linear(8, 8) for _ in range(3)))
head = torch.nn.Linear(8, 1)

groups = layerwise(body, lambda name: int(name.split(".")[0]), lr=0.08, decay=0.5)
groups.append({"params": list(head.parameters()), "lr": 0.1, "name": "head"})
optimizer = torch.optim.AdamW(groups)
plans = {"head": warmup(5) >> constant(1), "*": warmup(20) >> cosine(1, 0.1, steps=80)}
scheduler = Scheduler(optimizer, plans)

print("update  lr of each group")
for i in range(100):
    head(body(torch.randn(16, 8))).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad()
    if i in (0, 4, 19, 99):
        print(f"{i:6}  " + "  ".join(f"{lr:.4f}" for lr in scheduler.get_last_lr()))
    scheduler.step()
