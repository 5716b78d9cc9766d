"""Plans at work in PyTorch: `Scheduler` binds them to an optimizer.

>>> import torch
>>> from preheat import noam
>>> from preheat.torch import Scheduler
>>> optimizer = torch.optim.Adam(torch.nn.Linear(2, 2).parameters(), lr=0, betas=(0.9, 0.98), eps=1e-9)
>>> scheduler = Scheduler(optimizer, lr=noam(512, 4000))
"""

import preheat._torch  # noqa: F401  # first, for it says what is missing
from preheat._finder.lr import find_lr
from preheat._finder.warmup import find_warmup
from preheat._torch.layerwise import layerwise
from preheat._torch.migrate.from_scheduler import from_scheduler
from preheat._torch.noam import NoamOpt
from preheat._torch.plateau import Plateau
from preheat._torch.scheduler import Scheduler

__all__ = ["NoamOpt", "Plateau", "Scheduler", "find_lr", "find_warmup", "from_scheduler", "layerwise"]
