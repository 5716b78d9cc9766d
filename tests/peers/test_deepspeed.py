"""DeepSpeed: a scheduler that its engine makes for the optimizer, and steps."""

import os

import pytest
import torch
from torch._C._distributed_c10d import HashStore
from torch.utils.data import DataLoader, DistributedSampler

from contract import LR, PLAN, STOP, UPDATES, USED, Contract, Run, Samples, model
from preheat import PreheatWarning
from preheat.torch import Scheduler

os.environ.update({"DS_ACCELERATOR": "cpu", "LOCAL_RANK": "0", **os.environ})

import deepspeed

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # of torch, about its own code, in ZeRO

deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False  # else it is compiled at its first use, for minutes


def engine_with(optimizer, lr_scheduler, net, accumulate=1, **settings):
    """An engine; its process group is the test's, or one of this process alone."""
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    config = {"train_micro_batch_size_per_gpu": 8, "gradient_accumulation_steps": accumulate, **settings}
    config |= {"zero_allow_untested_optimizer": True, "steps_per_print": None}
    return deepspeed.initialize(model=net, optimizer=optimizer, lr_scheduler=lr_scheduler, config=config)[0]


def train(folder, *, stop=UPDATES, resume=False, accumulate=1, amp=False, zero=0, **options):
    run, net = Run.empty(), model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=LR)

    def bound(one):
        scheduler = Scheduler(one, PLAN, **options)
        scheduler.seek(0)  # in half precision the engine has taken a step by now, without gradients
        run.watch(one)
        return scheduler

    settings = {"bf16": {"enabled": amp}, "zero_optimization": {"stage": zero}}
    engine = engine_with(optimizer, bound, net, accumulate, **settings)
    if resume:
        engine.load_checkpoint(folder)
    data = Samples()
    loader = DataLoader(data, batch_size=8, sampler=DistributedSampler(data, shuffle=False))
    while engine.global_steps < stop:
        for k, (x, y) in enumerate(loader):
            loss = run.lose(torch.nn.functional.mse_loss(engine(x.to(net[0].weight.dtype)).float(), y))
            engine.backward(loss * (float("inf") if amp and k % 5 == 1 else 1))  # the engine skips such an update
            engine.step()
    engine.save_checkpoint(folder)
    return run.ended(net)


class TestDeepSpeed(Contract):
    framework = "DeepSpeed"
    distribution = "deepspeed"
    amp = "bfloat16, skips"
    train = staticmethod(train)


@pytest.mark.parametrize("zero", [0, 1, 2])
@pytest.mark.parametrize("clock", ["calls", "updates"])
def test_the_plan_is_kept_where_the_optimizer_is_hidden_and_split(clock, zero, tmp_path):
    assert train(tmp_path, stop=STOP, accumulate=2, zero=zero, clock=clock).lrs == USED[:STOP]


def test_counted_in_calls_it_goes_on_from_a_checkpoint(tmp_path):
    train(tmp_path, stop=STOP, clock="calls")
    assert train(tmp_path, resume=True, clock="calls").lrs == USED[STOP:]


def test_a_scheduler_of_the_engines_own_optimizer_is_followed_to_the_real_one():
    net, run = model(), Run.empty()
    optimizer = torch.optim.AdamW(net.parameters(), lr=LR)
    engine = engine_with(optimizer, None, net, zero_optimization={"stage": 1})
    assert engine.optimizer is not optimizer
    scheduler = Scheduler(engine.optimizer, PLAN)
    run.watch(optimizer)
    for x, _ in DataLoader(Samples(), batch_size=8):
        engine.backward(engine(x).square().mean())
        engine.step()
    assert (scheduler.optimizer, run.lrs) == (optimizer, USED[:6])


def halved(then=lambda _: None):
    """An engine in half precision; what is done with the scheduler beside building it."""

    def bound(one):
        scheduler = Scheduler(one, PLAN)
        then(scheduler)
        return scheduler

    net = model()
    engine = engine_with(torch.optim.AdamW(net.parameters(), lr=LR), bound, net, bf16={"enabled": True})
    engine.backward(engine(torch.ones(8, 4, dtype=torch.bfloat16)).square().mean())
    return engine


def test_the_step_that_the_engine_took_without_gradients_is_told_from_a_run_by_seek():
    with pytest.warns(PreheatWarning) as caught:
        halved().step()
    assert str(caught[0].message) == (
        "Scheduler: the optimizer has already trained, and no scheduler state was loaded, so the plan starts at update "
        "0 from base 0.05; load the scheduler's state, or seek(k)"
    )
    halved(lambda scheduler: scheduler.seek(0)).step()


def test_what_the_engine_hands_on_to_the_scheduler_is_refused():
    engine = halved(lambda scheduler: scheduler.seek(0))
    with pytest.raises(TypeError) as caught:
        engine.step(lr_kwargs={"epoch": 3})
    assert str(caught.value) == (
        "step(8): it takes no argument; seek(i) moves the schedule, and observe(metric) feeds a Plateau"
    )
