"""A plan in a YAML file of Hydra's: as a plain string, and as `_target_: preheat.parse`; and from the command line.

Run `python with_hydra.py`, or `python with_hydra.py 'text="warmup(50) >> constant(1)"'`.
"""

import hydra
import torch
from omegaconf import DictConfig

from preheat.torch import Scheduler


@hydra.main(version_base=None, config_path=".", config_name="hydra")
def main(config: DictConfig) -> None:
    """Build the same schedule twice."""
    for name, plan in (("string", config.text), ("_target_", hydra.utils.instantiate(config.plan))):
        optimizer = torch.optim.SGD(torch.nn.Linear(4, 1).parameters(), lr=config.lr)
        scheduler = Scheduler(optimizer, plan)
        print(f"{name:8} {plan}, first lr {scheduler.get_last_lr()[0]:g}")


main()
