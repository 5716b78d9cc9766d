"""A plan as an argument of a LightningModule, in the YAML file of LightningCLI.

Run `python with_lightning.py fit --config lightning.yaml`; any part of it can be replaced:
`--model.plan "warmup(4) >> constant(1)"`.
"""

import torch
from jsonargparse.typing import register_type
from lightning import LightningModule
from lightning.pytorch.cli import LightningCLI

from preheat import Plan, parse
from preheat.torch import Scheduler

register_type(Plan, serializer=repr, deserializer=parse, type_check=isinstance)


class Line(LightningModule):
    """One weight and one bias."""

    def __init__(self, lr: float, plan: Plan) -> None:  # noqa: D107
        super().__init__()
        self.lr, self.plan = lr, plan
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch: torch.Tensor, _: int) -> torch.Tensor:  # noqa: D102
        print(f"lr {self.optimizers().param_groups[0]['lr']:.4f}")
        return (self.layer(batch) - 1).square().mean()

    def configure_optimizers(self) -> dict[str, object]:  # noqa: D102
        optimizer = torch.optim.SGD(self.parameters(), lr=self.lr)
        scheduler = Scheduler(optimizer, self.plan)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def train_dataloader(self) -> object:  # noqa: D102
        return torch.utils.data.DataLoader(torch.ones(8, 1))


LightningCLI(Line, save_config_callback=None)
