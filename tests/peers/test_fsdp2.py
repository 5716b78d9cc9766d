"""FSDP2: each weight in parts on all processes, and `torch.distributed.checkpoint`."""

from contextlib import contextmanager

import torch
from torch import distributed
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_state_dict,
    set_state_dict,
)
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.utils.data import DataLoader, DistributedSampler

from contract import LR, PLAN, UPDATES, Contract, Run, Samples, model
from preheat.torch import Scheduler


@contextmanager
def processes():
    """Those that there are already, or this one."""
    if distributed.is_initialized():
        yield
        return
    store = distributed.HashStore()  # type: ignore[attr-defined]  # it is there
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def batches(resumed_after):
    """Without end, beginning where the run stands; of each rank its share."""
    data = Samples()
    loader = DataLoader(data, batch_size=8, sampler=DistributedSampler(data, shuffle=False))
    for _ in range(resumed_after // len(loader), 10 * UPDATES):
        yield from loader


def state_of(net, optimizer, scheduler):
    parts = zip(("model", "optimizer"), get_state_dict(net, optimizer), strict=True)
    return {**dict(parts), "scheduler": scheduler}


def whole(net):
    """The model in one piece."""
    made = model()
    made.load_state_dict(get_model_state_dict(net, options=StateDictOptions(full_state_dict=True)))
    return made


@processes()
def train(folder, *, stop=UPDATES, resume=False, accumulate=1, amp=False):
    run, net = Run.empty(), model()
    policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16 if amp else None)
    fully_shard(net, mesh=init_device_mesh("cpu", (distributed.get_world_size(),)), mp_policy=policy)
    optimizer = torch.optim.AdamW(net.parameters(), lr=LR)
    scheduler = Scheduler(optimizer, PLAN)
    if resume:
        state = state_of(net, optimizer, scheduler)
        load(state, checkpoint_id=folder / "run")
        set_state_dict(net, optimizer, model_state_dict=state["model"], optim_state_dict=state["optimizer"])
    run.watch(optimizer)
    for k, (x, y) in enumerate(batches(scheduler.last_epoch)):
        run.lose(torch.nn.functional.mse_loss(net(x).float(), y)).backward()
        if (k + 1) % accumulate == 0:
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
        if scheduler.last_epoch == stop:
            break
    save(state_of(net, optimizer, scheduler), checkpoint_id=folder / "run")
    return run.ended(whole(net))


class TestFSDP2(Contract):
    framework = "PyTorch, FSDP2"
    distribution = "torch"
    amp = "bfloat16"
    train = staticmethod(train)
