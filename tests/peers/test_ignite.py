"""Ignite: a schedule as a handler, and in its Checkpoint."""

import warnings

import pytest
import torch
from torch.utils.data import DataLoader

from contract import BATCHES, LR, PLAN, STOP, UPDATES, Contract, Run, Samples, model
from logs import COOLED, Logs, cool
from preheat.integrations.ignite import PlanMonitor
from preheat.torch import Scheduler

with warnings.catch_warnings(action="ignore"):  # torch deprecates what its own code, imported by theirs, calls
    from ignite.distributed import auto_dataloader, auto_model
    from ignite.engine import Engine, Events, create_supervised_trainer
    from ignite.handlers import Checkpoint, DiskSaver, LRScheduler, TensorboardLogger, WandBLogger


def train(folder, *, stop=UPDATES, resume=False, accumulate=1, amp=False):
    ranks = torch.distributed.is_initialized()
    run, net = Run.empty(), model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=LR)
    scheduler = Scheduler(optimizer, PLAN)
    run.watch(optimizer)
    trainer = in_halves(run, net, optimizer) if amp else create_supervised_trainer(
        auto_model(net) if ranks else net, optimizer, torch.nn.functional.mse_loss, "cpu",
        gradient_accumulation_steps=accumulate, output_transform=lambda *made: run.lose(made[-1] * accumulate),
    )  # fmt: skip

    @trainer.on(Events.ITERATION_COMPLETED)
    def advance():
        scheduler.step()

    ended = Events.ITERATION_COMPLETED(once=stop * accumulate)
    kept = {"model": net, "optimizer": optimizer, "scheduler": scheduler, "trainer": trainer}
    if not ranks:
        saver = DiskSaver(folder, create_dir=True, require_empty=False)
        trainer.add_event_handler(ended, Checkpoint(kept, saver, n_saved=1))
    trainer.add_event_handler(ended, trainer.terminate)
    if resume:
        Checkpoint.load_objects(kept, folder / f"checkpoint_{STOP}.pt")
    data = auto_dataloader(Samples(), batch_size=16, shuffle=False) if ranks else DataLoader(Samples(), batch_size=8)
    trainer.run(data, max_epochs=UPDATES)
    return run.ended(net)


def in_halves(run, net, optimizer):
    """A trainer in mixed precision, that of a CPU; the one that Ignite makes is for CUDA."""
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0)

    def update(engine, batch):
        x, y = batch
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16):
            loss = run.lose(torch.nn.functional.mse_loss(net(x), y))
        scaler.scale(loss * (float("inf") if engine.state.iteration % 5 == 1 else 1)).backward()
        scaler.step(optimizer)
        scaler.update()

    return Engine(update)


class TestIgnite(Contract):
    framework = "Ignite"
    distribution = "pytorch-ignite"
    amp = "float16, skips"
    train = staticmethod(train)


def test_a_handler_that_winds_what_it_wraps_is_told_to_leave_it_alone():
    optimizer = torch.optim.SGD(model().parameters(), lr=LR)
    wrapped = LRScheduler(Scheduler(optimizer, PLAN))
    with pytest.raises(AttributeError, match="left alone") as caught:
        wrapped(None)
    assert str(caught.value) == (
        "Scheduler.last_epoch = 1: it must be left alone; seek(i) moves the schedule, and in place of SequentialLR "
        "write one plan, `a >> b`"
    )


def test_a_step_that_is_given_the_engine_says_that_it_takes_nothing():
    scheduler = Scheduler(torch.optim.SGD(model().parameters(), lr=LR), PLAN)
    trainer = Engine(lambda *_: None)
    trainer.logger.disabled = True  # it shows the error, which is asked for here
    trainer.add_event_handler(Events.ITERATION_COMPLETED, scheduler.step)
    with pytest.raises(TypeError, match=r"^step\(<ignite.*>\): it takes no argument; seek\(i\) moves the schedule"):
        trainer.run([0])


def log(folder, to):
    run, net = Run.empty(), model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=LR)
    scheduler = Scheduler(optimizer, PLAN)
    run.watch(optimizer)
    trainer = create_supervised_trainer(net, optimizer, torch.nn.functional.mse_loss, "cpu")
    logger = TensorboardLogger(str(folder)) if to == "tensorboard" else WandBLogger(project="tests")
    logger.attach(trainer, PlanMonitor(scheduler), Events.ITERATION_COMPLETED)

    @trainer.on(Events.ITERATION_COMPLETED)
    def advance():
        scheduler.step()
        if scheduler.last_epoch == STOP:
            cool(scheduler)

    trainer.run(DataLoader(Samples(), batch_size=8), max_epochs=COOLED // BATCHES)
    logger.close()
    return run


class TestLogs(Logs):
    log = staticmethod(log)
