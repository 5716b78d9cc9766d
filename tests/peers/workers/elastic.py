"""Trains with checkpoints; in its first life the last rank ends itself midway, and `torchrun` starts all anew."""

import os
import signal

import torch
from peers.workers.together import FOLDER, Job, tell
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from contract import UPDATES

EVERY, DEATH = 4, 10  # updates between checkpoints; updates of the first life
FILE = FOLDER / "run.pt"


def parts(job):
    return job.net, job.optimizer, job.scheduler


def save(job):
    """On rank 0, so that a file is whole or not there."""
    if distributed.get_rank() == 0:
        torch.save([part.state_dict() for part in parts(job)], FILE.with_suffix(".new"))
        FILE.with_suffix(".new").rename(FILE)
    distributed.barrier()


def resume(job):
    if FILE.exists():
        for part, state in zip(parts(job), torch.load(FILE), strict=True):
            part.load_state_dict(state)


def train(job, life):
    """To the end, or to death."""
    for update in range(job.scheduler.last_epoch + 1, UPDATES + 1):
        job.train(update)
        tell(f"life {life}", job.lrs)
        if update % EVERY == 0:
            save(job)
        if life == 0 and update == DEATH and distributed.get_rank() == distributed.get_world_size() - 1:
            os.kill(os.getpid(), signal.SIGKILL)
    return job


def elastic():
    job = Job(DistributedDataParallel)
    resume(job)
    restarted = train(job, int(os.environ["TORCHELASTIC_RESTART_COUNT"]))
    whole = Job(DistributedDataParallel).train(UPDATES)
    return {"restarted": restarted.weights(), "never stopped": whole.weights()}
