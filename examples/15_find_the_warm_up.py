"""Find out how long to warm up by trying, and leave the model as it was.

Each trial trains from here, with a warm-up of another length, and everything is put back after it, bit for bit.
"""

import torch

from preheat import cosine
from preheat.torch import Scheduler, find_warmup

torch.manual_seed(0)
layers = [layer for _ in range(4) for layer in (torch.nn.LazyLinear(16), torch.nn.Tanh())]
model = torch.nn.Sequential(*layers, torch.nn.Linear(16, 1))
model(torch.zeros(1, 8))  # so that its first layer knows what comes in
optimizer = torch.optim.Adam(model.parameters(), lr=0.2, betas=(0.9, 0.9))
batches = [(x, x.sum(1, keepdim=True)) for x in torch.randn(64, 32, 8)]


def train_step(batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """One update as you train it."""
    x, y = batch
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


found = find_warmup(train_step, batches, model=model, optimizer=optimizer, trivial=8.0, progress=False)
print(found)
scheduler = Scheduler(optimizer, found.plan >> cosine(1, 0, steps=200))
print(f"\ngoes on from update {scheduler.last_epoch} with {scheduler.get_last_lr()[0]:.2e}")
