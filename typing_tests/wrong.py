"""What a type checker refuses. Each line has an ignore for both, and one that is not needed is an error."""

import torch

from preheat import constant, cosine, noam, parse, warmup
from preheat.torch import Scheduler

optimizer = torch.optim.SGD(torch.nn.Linear(8, 1).parameters(), lr=0.1)

cosine(1, 0.1, 900)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
noam(512, 4_000, step=100)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
constant("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
parse(warmup(4))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Scheduler(optimizer, 0.1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Scheduler(optimizer.param_groups, warmup(4))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
