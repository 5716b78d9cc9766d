"""What `preheat.export` writes for a framework, trained with by that framework."""

import logging
from typing import Any

import lightning
import pytest
import torch
import transformers
from torch.utils.data import DataLoader

from contract import LR, PLAN, UPDATES, USED, Run, Samples, model
from preheat import export

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*isinstance.treespec, LeafSpec")


def exported(to, name):
    """A function of the exported source."""
    names: dict[str, Any] = {}
    exec(export(PLAN, to=to), names)
    return names[name]


class Line(lightning.LightningModule):
    def __init__(self, run):
        super().__init__()
        self.run, self.net = run, model()

    def forward(self, x, y):
        return {"loss": torch.nn.functional.mse_loss(self.net(x), y)}

    def training_step(self, batch, index):
        del index
        return self(*batch)["loss"]

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=LR)
        self.run.watch(optimizer)
        return exported("lightning", "with_schedule")(optimizer)


def test_the_trainer_of_transformers_follows_it(tmp_path):
    run, module = Run.empty(), model()
    optimizer = torch.optim.AdamW(module.parameters(), lr=LR)
    optimizers = exported("transformers", "make_optimizers")(optimizer)
    run.watch(optimizer)
    settings = transformers.TrainingArguments(
        str(tmp_path), max_steps=UPDATES, per_device_train_batch_size=8, use_cpu=True, disable_tqdm=True,
        logging_strategy="no", save_strategy="no", report_to="none", dataloader_pin_memory=False,
    )  # fmt: skip
    whole = Line(run)
    whole.net = module
    samples = Samples(lambda x, y: {"x": x, "y": y})
    transformers.Trainer(whole, settings, train_dataset=samples, optimizers=optimizers).train()
    assert run.lrs == USED


def test_lightning_follows_it(tmp_path):
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    run = Run.empty()
    trainer = lightning.Trainer(
        accelerator="cpu", max_steps=UPDATES, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, default_root_dir=tmp_path,
    )  # fmt: skip
    trainer.fit(Line(run), DataLoader(Samples(), batch_size=8))
    assert run.lrs == USED
