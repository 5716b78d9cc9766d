"""What both searches share: a plan is a text, made of what is searched, and a run says how good it is."""

import torch

from preheat.torch import Scheduler

UPDATES = 60
SHAPES = ["cosine", "linear", "one_minus_sqrt"]
LONGEST = 30  # of the warm-ups


def plan_of(warmup_steps: int, shape: str) -> str:
    """The text of a plan that is as long as the run."""
    return f"warmup({warmup_steps}) >> {shape}(1, 0.1, steps={UPDATES - warmup_steps})"


def loss_of(plan: str, lr: float) -> float:
    """The loss of a small model at the end of a run by that plan."""
    torch.manual_seed(0)
    x = torch.randn(256, 16)
    y = torch.sin(x.sum(1, keepdim=True))
    model = torch.nn.Sequential(torch.nn.Linear(16, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    scheduler = Scheduler(optimizer, plan)
    for _ in range(UPDATES):
        loss = (model(x) - y).square().mean()
        loss.backward()
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    return float(loss.detach())
