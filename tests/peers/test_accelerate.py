"""Accelerate's wrappers around an optimizer and a scheduler of ours."""

import pytest
import torch
from accelerate import Accelerator
from accelerate.data_loader import BatchSamplerShard
from accelerate.state import AcceleratorState, GradientState
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler

from contract import BATCHES, LR, PLAN, STOP, UPDATES, USED, Contract, Run, Samples, model
from logs import COOLED, Logs, cool
from preheat import steps_for
from preheat.integrations.loop import PlanMonitor
from preheat.torch import Scheduler


def accelerator_with(**options):
    """Anew; Accelerate shares its state among all that a process makes."""
    AcceleratorState._reset_state(reset_partial_state=not torch.distributed.is_initialized())
    GradientState._reset_state()
    return Accelerator(cpu=True, **options)


def train(folder, *, stop=UPDATES, resume=False, accumulate=1, amp=False, prepared_first=False):
    accelerator = accelerator_with(gradient_accumulation_steps=accumulate, mixed_precision="bf16" if amp else "no")
    run, net = Run.empty(), model()
    optimizer = real = torch.optim.AdamW(net.parameters(), lr=LR)
    if prepared_first:
        optimizer = accelerator.prepare(optimizer)
    made = Scheduler(optimizer, PLAN)
    run.watch(real)
    data = DataLoader(Samples(), batch_size=8)
    optimizer = optimizer if prepared_first else accelerator.prepare(optimizer)
    ready, data, scheduler = accelerator.prepare(net, data, made)
    if resume:
        accelerator.load_state(str(folder / "run"))
    while made.last_epoch < stop:
        for x, y in data:
            with accelerator.accumulate(ready):
                accelerator.backward(run.lose(torch.nn.functional.mse_loss(ready(x), y)))
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
    if accelerator.num_processes == 1:
        accelerator.save_state(str(folder / "run"))
    return run.ended(net)


class TestAccelerate(Contract):
    framework = "Accelerate"
    distribution = "accelerate"
    amp = "bfloat16"
    train = staticmethod(train)


@pytest.mark.parametrize("accumulate", [1, 4, 5])
def test_steps_for_counts_what_is_left_over_at_the_end_of_an_epoch_as_an_update(accumulate, tmp_path):
    run = train(tmp_path, stop=1, accumulate=accumulate)  # it goes on to the end of an epoch
    assert len(run.losses) == BATCHES
    assert len(run.lrs) == steps_for(n_samples=8 * BATCHES, batch_size=8, accumulation=accumulate)


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("n", [24, 25, 31, 36, 47])
def test_steps_for_counts_the_batches_of_each_process(n, drop_last):
    batches = BatchSampler(SequentialSampler(range(n)), batch_size=4, drop_last=drop_last)
    shards = [BatchSamplerShard(batches, num_processes=3, process_index=rank) for rank in range(3)]
    steps = steps_for(n_samples=n, batch_size=4, processes=3, drop_last=drop_last)
    assert [len(list(shard)) for shard in shards] == [steps] * 3


@pytest.mark.parametrize("accumulate", [1, 3])
def test_a_scheduler_of_a_prepared_optimizer_uses_its_values(accumulate, tmp_path):
    run = train(tmp_path, stop=STOP * 2 // accumulate, accumulate=accumulate, prepared_first=True)
    assert run.lrs == USED[: len(run.lrs)]
    assert len(run.losses) == accumulate * len(run.lrs)


def test_a_prepared_scheduler_refuses_an_epoch():
    optimizer = torch.optim.SGD(model().parameters(), lr=LR)
    scheduler = accelerator_with().prepare(Scheduler(optimizer, PLAN))
    with pytest.raises(TypeError) as caught:
        scheduler.step(3)
    assert str(caught.value) == (
        "step(3): it takes no argument; seek(i) moves the schedule, and observe(metric) feeds a Plateau"
    )


def log(folder, to):
    accelerator = accelerator_with(log_with=to, project_dir=folder, gradient_accumulation_steps=2)
    accelerator.init_trackers("tests")
    run, net = Run.empty(), model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=LR)
    scheduler = Scheduler(optimizer, PLAN)
    run.watch(optimizer)
    ready, optimizer, data, scheduler = accelerator.prepare(net, optimizer, DataLoader(Samples(), 4), scheduler)
    monitor = PlanMonitor(scheduler, accelerator)
    for _ in range(COOLED // BATCHES):
        for x, y in data:
            with accelerator.accumulate(ready):
                accelerator.backward(torch.nn.functional.mse_loss(ready(x), y))
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
            monitor.write()
        if len(run.lrs) == STOP:
            cool(scheduler.scheduler)
    accelerator.end_training()
    return run


class TestLogs(Logs):
    log = staticmethod(log)
