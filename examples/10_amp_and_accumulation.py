"""Mixed precision and gradient accumulation: the plan counts applied updates, and nothing else.

The loop calls `scheduler.step()` once for every micro-batch, and one update overflows and is skipped. A schedule that
counts calls would be at 32; this one is at 7.
"""

import torch

from preheat import cosine, warmup
from preheat.torch import Scheduler

ACCUMULATE, OVERFLOWS = 4, 10

torch.manual_seed(0)
model = torch.nn.Linear(8, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
scheduler = Scheduler(optimizer, warmup(4) >> cosine(1, 0, steps=4))
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)

for micro_batch in range(32):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model(torch.randn(16, 8)).square().mean() / ACCUMULATE
    overflow = float("inf") if micro_batch == OVERFLOWS else 1.0
    scaler.scale(loss * overflow).backward()
    if micro_batch % ACCUMULATE == ACCUMULATE - 1:
        before = scheduler.last_epoch
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        what = "applied" if scheduler.last_epoch > before else "skipped"
        print(f"micro-batch {micro_batch:2}: {what}, lr {scheduler.get_last_lr()[0]:.5f}")
    scheduler.step()
print(f"calls: 32, updates: {scheduler.last_epoch}")
