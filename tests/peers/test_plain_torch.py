"""A loop of PyTorch's own."""

from typing import Any

import pytest
import torch
import wandb
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler
from torch.utils.tensorboard import SummaryWriter

from contract import LR, PLAN, STOP, UPDATES, USED, Contract, Run, Samples, model
from logs import COOLED, Logs, cool
from preheat import constant
from preheat.integrations.loop import PlanMonitor
from preheat.torch import Scheduler

EVERY = 5  # the scaler meets an infinite gradient in every fifth batch


def batches(resumed_after):
    """Without end, beginning where the run stands; of each rank its share."""
    data = Samples()
    sampler: Any = DistributedSampler(data, shuffle=False) if torch.distributed.is_initialized() else None
    loader = DataLoader(data, batch_size=8, sampler=sampler)
    for _ in range(resumed_after // len(loader), 10 * UPDATES):
        yield from loader


def train(folder, *, stop=UPDATES, resume=False, accumulate=1, amp=False):
    run, net = Run.empty(), model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=LR)
    scheduler = Scheduler(optimizer, PLAN)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0, enabled=amp)
    if resume:
        state = torch.load(folder / "run.pt")
        for one, saved in zip((net, optimizer, scheduler), state, strict=True):
            one.load_state_dict(saved)
    run.watch(optimizer)
    ddp = DistributedDataParallel(net) if torch.distributed.is_initialized() else net
    for k, (x, y) in enumerate(batches(scheduler.last_epoch)):
        with torch.autocast("cpu", torch.float16, enabled=amp):
            loss = run.lose(torch.nn.functional.mse_loss(ddp(x), y))
        scaler.scale(loss * (float("inf") if amp and k % EVERY == 1 else 1)).backward()
        if (k + 1) % accumulate == 0:
            scaler.step(optimizer)
            scaler.update()
            scheduler.step()
            optimizer.zero_grad()
        if scheduler.last_epoch == stop:
            break
    if not torch.distributed.is_initialized():
        torch.save([one.state_dict() for one in (net, optimizer, scheduler)], folder / "run.pt")
    return run.ended(net)


class TestPlainTorch(Contract):
    framework = "PyTorch"
    distribution = "torch"
    amp = "float16, skips"
    train = staticmethod(train)


def test_an_update_that_the_scaler_skipped_does_not_count(tmp_path):
    run = train(tmp_path, amp=True)
    assert (run.lrs, len(run.losses)) == (USED, UPDATES + 6)


def test_a_closure_called_many_times_is_one_update():
    net, run = model(), Run.empty()
    optimizer = torch.optim.LBFGS(net.parameters(), lr=LR, max_iter=4)
    scheduler = Scheduler(optimizer, PLAN)
    run.watch(optimizer)
    for x, y in DataLoader(Samples(), batch_size=8):

        def closure(x=x, y=y):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(net(x), y)
            loss.backward()
            return run.lose(loss)

        optimizer.step(closure)
        scheduler.step()
    assert (run.lrs, scheduler.last_epoch) == (USED[:6], 6)
    assert len(run.losses) == 4 * 6


def steps(step=lambda optimizer: optimizer):
    """A loop of a net, whose optimizer may be changed first: the run, its scheduler, and one update at each turn."""
    net, run = model(), Run.empty()
    optimizer = step(torch.optim.AdamW(net.parameters(), lr=LR))
    scheduler = Scheduler(optimizer, PLAN)
    run.watch(optimizer)

    def turns():
        for x, y in batches(0):
            run.lose(torch.nn.functional.mse_loss(net(x), y)).backward()
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
            yield

    return run, scheduler, turns()


def log(folder, to):
    run, scheduler, turns = steps()
    place: Any = SummaryWriter(folder) if to == "tensorboard" else wandb.init(project="tests")
    monitor = PlanMonitor(scheduler, place)
    for i in range(COOLED):
        if i == STOP:
            cool(scheduler)
        next(turns)
        monitor.write()
        monitor.write()  # once more, for no update: nothing is written
    (place.close if to == "tensorboard" else place.finish)()
    return run


class TestLogs(Logs):
    log = staticmethod(log)


def test_what_cannot_be_written_to_is_no_place():
    with pytest.raises(TypeError) as caught:
        PlanMonitor(steps()[1], 3)
    assert str(caught.value) == (
        "PlanMonitor(places=3): places must be writers of TensorBoard, or have a log(values, step=...)"
    )


def test_a_monitor_asks_for_a_scheduler_of_ours():
    with pytest.raises(TypeError) as caught:
        PlanMonitor(PLAN)
    assert str(caught.value) == (
        "PlanMonitor(scheduler=linear(0, 1, steps=4) >> cosine(1, 0.1, steps=20)): scheduler must be a "
        "preheat.torch.Scheduler"
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # what torch does to itself when it compiles
def test_a_compiled_step_uses_the_values_of_the_plan():
    def compiled(optimizer):
        optimizer.step = torch.compile(optimizer.step, backend="eager")
        return optimizer

    run, _, turns = steps(compiled)
    for _ in range(STOP):
        next(turns)
    assert run.lrs == USED[:STOP]


def test_weights_are_averaged_while_the_plan_holds_the_lr_constant_at_its_end():
    net, run = model(), Run.empty()
    optimizer = torch.optim.AdamW(net.parameters(), lr=LR)
    scheduler = Scheduler(optimizer, PLAN >> constant(0.1))
    averaged = torch.optim.swa_utils.AveragedModel(net)
    run.watch(optimizer)
    for i, (x, y) in zip(range(UPDATES + 6), batches(0), strict=False):
        torch.nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        if i >= UPDATES:
            averaged.update_parameters(net)
    assert run.lrs == USED + [LR * 0.1] * 6
    assert averaged.n_averaged == 6
