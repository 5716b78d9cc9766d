"""Each way to train, with an lr of each kind; torch's own step; and what ranks that differ are told."""

import torch
from peers.workers.together import Job, sharded, spread
from torch import distributed
from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict
from torch.nn.parallel import DistributedDataParallel

from contract import LR, PLAN, STOP
from preheat import warmup, zero_based

WAYS = {
    "DDP": lambda: Job(DistributedDataParallel),
    "DDP, lr a tensor": lambda: Job(DistributedDataParallel, torch.tensor(LR)),
    "FSDP2": Job,
    "FSDP2, lr a tensor": lambda: Job(lr=torch.tensor(LR)),
    "FSDP2, lr a DTensor": lambda: Job(lr=spread(LR)),
    "FSDP2, lr a DTensor, on_device": lambda: Job(lr=spread(LR), on_device=True),
}


def fake_step():
    """What torch's own step, made to have a state to save, leaves behind."""
    job = Job()
    before = job.weights()
    get_optimizer_state_dict(job.net, job.optimizer)
    seen = {"steps at": list(job.lrs), "moved": job.weights() != before, "counted": job.scheduler.last_epoch}
    job.lrs.clear()
    return seen | {"after": job.train(STOP).lrs}


def from_zero():
    """A warm-up from 0 where all gradients but those of the last layer are 0, and lie on few processes."""

    def wrapped(net):
        torch.nn.init.zeros_(net[-1].weight)
        return sharded(net)

    job = Job(wrapped, plan=zero_based(PLAN))
    return job.train(STOP).seen()


def disagreement():
    """What `check_ranks()` says on this rank where another one differs."""
    rank, last = distributed.get_rank(), distributed.get_world_size() - 1
    other_plan = Job(plan=warmup(8) if rank == last else PLAN)
    behind = Job(lambda net: net)  # which waits for nobody
    behind.train(2 if rank == last else 3)
    return [refusal(job) for job in (other_plan, behind)]


def refusal(job):
    try:
        job.scheduler.check_ranks()
    except RuntimeError as error:
        return str(error)
    return ""


def ways():
    facts = {name: way().train(STOP).seen() for name, way in WAYS.items()}
    return {"ways": facts, "fake step": fake_step(), "from zero": from_zero(), "told": disagreement()}
