"""A loop of PyTorch's own."""

from typing import Any

import torch
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler

from contract import LR, PLAN, UPDATES, USED, Contract, Run, Samples, model
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
