"""Lightning 2: both ways of optimising, both intervals, its monitor and its checkpoints."""

import logging
import warnings

import lightning
import pytest
import torch
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger
from lightning.pytorch.plugins.precision import MixedPrecision
from torch.utils.data import DataLoader

from contract import BATCHES, LR, PLAN, STOP, UPDATES, USED, Contract, Run, Samples, model
from logs import COOLED, Logs, cool, of_tensorboard
from preheat import PreheatWarning, cosine, warmup
from preheat.integrations.lightning import PlanMonitor
from preheat.torch import Scheduler

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*does not have many workers", "ignore:.*isinstance.treespec, LeafSpec", "ignore:.*log_every_n_steps"
)


STEP, EPOCH = {"interval": "step"}, {"frequency": 1}  # an epoch is the default


class Line(lightning.LightningModule):
    def __init__(self, run, plan=PLAN, configured=STEP, *, infinite=0, shares=False, **options):
        super().__init__()
        self.run, self.net, self.plan, self.configured = run, model(), plan, configured
        self.infinite, self.shares, self.options = infinite, shares, options

    def training_step(self, batch, index):
        x, y = batch
        loss = self.run.lose(torch.nn.functional.mse_loss(self.net(x), y))
        return loss * float("inf") if self.infinite and index % self.infinite == 1 else loss

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=LR)
        total = {"total_steps": self.trainer.estimated_stepping_batches} if self.shares else {}
        scheduler = Scheduler(optimizer, self.plan, **total, **self.options)
        self.run.watch(optimizer)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, **self.configured}}


def fit(module, folder, epochs, *, ckpt_path=None, **options):
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    options = {"logger": False, "enable_checkpointing": False, **options}
    trainer = lightning.Trainer(
        accelerator="cpu", max_epochs=epochs, default_root_dir=folder, enable_progress_bar=False,
        enable_model_summary=False, use_distributed_sampler=True, **options,
    )  # fmt: skip
    trainer.fit(module, DataLoader(Samples(), batch_size=8), ckpt_path=ckpt_path)
    return trainer


def train(folder, *, stop=UPDATES, resume=False, accumulate=1, amp=False):
    warnings.simplefilter("ignore")
    ranks = 2 if torch.distributed.is_initialized() else 1
    module, options = Line(Run.empty(), infinite=5 * amp), {"accumulate_grad_batches": accumulate}
    if amp:
        options["plugins"] = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=2.0))
    if ranks == 2:
        options |= {"strategy": "ddp", "devices": 2}
    else:
        saving = ModelCheckpoint(folder, "run", save_on_train_epoch_end=True, enable_version_counter=False)
        options |= {"enable_checkpointing": True, "callbacks": saving}
    epochs = stop * accumulate * ranks // BATCHES
    fit(module, folder, epochs, ckpt_path=folder / "run.ckpt" if resume else None, **options)
    return module.run.ended(module.net)


class TestLightning(Contract):
    framework = "Lightning"
    distribution = "lightning"
    amp = "float16, skips"
    train = staticmethod(train)


def said_while(work):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        work()
    return [str(one.message) for one in caught if one.category is PreheatWarning]


HELD = (
    "Scheduler: updates pass without step(), so the knobs hold their values of update 6; call step() after each "
    "update, or pass auto=True"
)
LEAPT = (
    "Scheduler: step() ran after 6 updates; the plan counts updates, so it has moved 6; if it was written in epochs "
    'pass clock="calls" or "90ep"'
)


def test_under_the_default_interval_warnings_say_what_to_do(tmp_path):
    module = Line(Run.empty(), configured=EPOCH)
    assert said_while(lambda: fit(module, tmp_path, 4)) == [HELD, LEAPT]


def test_the_default_interval_is_right_for_a_scheduler_that_needs_no_call(tmp_path):
    module = Line(Run.empty(), configured=EPOCH, auto=True)
    assert said_while(lambda: fit(module, tmp_path, 4)) == []
    assert module.run.lrs == USED


def test_the_default_interval_is_right_for_a_plan_in_epochs(tmp_path):
    module = Line(Run.empty(), "linear(1, 0.25, steps=3)", EPOCH, clock="calls")
    assert said_while(lambda: fit(module, tmp_path, 3)) == []
    assert module.run.lrs == [LR * value for value in (0.75, 0.5, 0.25) for _ in range(BATCHES)]


def test_a_plan_in_shares_is_resolved_by_the_steps_that_lightning_estimates(tmp_path):
    module = Line(Run.empty(), 'warmup("25%") >> cosine(1, 0.1, steps="rest")', shares=True)
    fit(module, tmp_path, 4)
    assert module.run.lrs == [LR * value for value in (warmup(6) >> cosine(1, 0.1, steps=18)).values()]


class Pair(Line):
    """Two optimizers, stepped by hand."""

    def __init__(self, run, other):
        super().__init__(run)
        self.other, self.automatic_optimization = other, False

    def training_step(self, batch, _):
        x, y = batch
        loss = self.run.lose(torch.nn.functional.mse_loss(self.net(x), y))
        self.manual_backward(loss)
        for optimizer, scheduler in zip(self.optimizers(), self.lr_schedulers(), strict=True):
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()

    def configure_optimizers(self):
        first = torch.optim.AdamW(self.net[0].parameters(), lr=LR)
        second = torch.optim.SGD(self.net[2].parameters(), lr=LR)
        schedulers = [Scheduler(first, PLAN), Scheduler(second, lr=cosine(0.02, 0, steps=UPDATES))]
        self.run.watch(first)
        self.other.watch(second)
        return [first, second], schedulers


def test_two_optimizers_stepped_by_hand_follow_a_plan_each(tmp_path):
    module = Pair(Run.empty(), Run.empty())
    fit(module, tmp_path, 4)
    assert (module.run.lrs, module.other.lrs) == (USED, cosine(0.02, 0, steps=UPDATES).values())


class Cooled(Line):
    def on_train_batch_end(self, *_):
        if self.global_step == STOP:
            cool(self.lr_schedulers())


def log(folder, to):
    module = Cooled(Run.empty())
    logger = TensorBoardLogger(folder, "", "") if to == "tensorboard" else WandbLogger(save_dir=folder, offline=True)
    monitors = [PlanMonitor(), LearningRateMonitor()]
    fit(module, folder, COOLED // BATCHES, logger=logger, callbacks=monitors, log_every_n_steps=1)
    (logger.experiment.close if to == "tensorboard" else logger.experiment.finish)()
    return module.run


class TestLogs(Logs):
    log = staticmethod(log)

    def test_the_learning_rate_monitor_agrees(self, logged):
        run, held = logged
        assert [value for _, value in held["lr-AdamW"]] == pytest.approx(run.lrs, rel=1e-7)


def test_two_schedulers_are_logged_by_their_numbers(tmp_path):
    module, logger = Pair(Run.empty(), Run.empty()), TensorBoardLogger(tmp_path, "", "")
    fit(module, tmp_path, 1, logger=logger, callbacks=PlanMonitor(), log_every_n_steps=1)
    logger.finalize("success")
    held = of_tensorboard(tmp_path)
    assert set(held) - {"epoch"} == {f"{k}/{name}" for k in range(2) for name in ("lr/0", "phase/lr", "plan")}
    assert [value for _, value in held["1/lr/0"]] == pytest.approx(module.other.lrs, rel=1e-6)


def test_the_monitor_asks_for_a_scheduler_of_ours(tmp_path):
    class Bare(Line):
        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters(), lr=LR)

    with pytest.raises(ValueError, match="PlanMonitor") as caught:
        fit(Bare(Run.empty()), tmp_path, 1, callbacks=PlanMonitor())
    assert str(caught.value) == (
        "PlanMonitor: configure_optimizers must return a preheat.torch.Scheduler; it returns none"
    )
