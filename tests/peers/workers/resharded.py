"""A run saved in the middle by `torch.distributed.checkpoint`, and loaded on another number of processes."""

import torch
from peers.workers.together import FOLDER, Job, spread
from torch.distributed.checkpoint.state_dict import (
    get_model_state_dict,
    get_optimizer_state_dict,
    get_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
    set_state_dict,
)
from torch.distributed.checkpoint.state_dict_loader import load as read
from torch.distributed.checkpoint.state_dict_saver import save as write
from torch.distributed.checkpoint.stateful import Stateful

from contract import LR, STOP, UPDATES


class Trained(Stateful):
    """Weights and optimizer as one thing that knows how to be saved; a `Scheduler` is such a thing by itself."""

    def __init__(self, job):
        self.parts = job.net, job.optimizer

    def state_dict(self):
        return dict(zip(("model", "optimizer"), get_state_dict(*self.parts), strict=True))

    def load_state_dict(self, state_dict):
        model, optimizer = state_dict["model"], state_dict["optimizer"]
        set_state_dict(*self.parts, model_state_dict=model, optim_state_dict=optimizer)


def save_whole(job, folder):
    write({"trained": Trained(job), "scheduler": job.scheduler}, checkpoint_id=folder)


def load_whole(job, folder):
    read({"trained": Trained(job), "scheduler": job.scheduler}, checkpoint_id=folder)


def state_of(job):
    model, optimizer = get_model_state_dict(job.net), get_optimizer_state_dict(job.net, job.optimizer)
    return {"model": model, "optimizer": optimizer, "scheduler": job.scheduler.state_dict()}


def save_parts(job, folder):
    write(state_of(job), checkpoint_id=folder)


def load_parts(job, folder):
    state = state_of(job)
    read(state, checkpoint_id=folder)
    set_model_state_dict(job.net, state["model"])
    set_optimizer_state_dict(job.net, job.optimizer, state["optimizer"])
    job.scheduler.load_state_dict(state["scheduler"])


WAYS = {
    "Stateful": (lambda: LR, save_whole, load_whole),
    "get_optimizer_state_dict": (lambda: LR, save_parts, load_parts),
    "get_optimizer_state_dict, lr a tensor": (lambda: torch.tensor(LR), save_parts, load_parts),
    "get_optimizer_state_dict, lr a DTensor": (lambda: spread(LR), save_parts, load_parts),
}


def saved(lr, put, _, folder):
    job = Job(lr=lr()).train(STOP)
    put(job, folder)
    return there(job)


def loaded(lr, _, take, folder):
    job = Job(lr=lr())
    take(job, folder)
    job.lrs.clear()  # of the step that torch makes to have a state to load into
    return there(job)


def there(job):
    """Where a run stands, and how it ends."""
    stands = {"at": job.scheduler.last_epoch, "weights": job.weights(), "state": job.scheduler.state_dict()}
    return {"stands": stands, "ends": job.train(UPDATES).seen()}


def through(act):
    """In each way, each with a folder of its own."""
    return {name: act(*way, FOLDER / f"checkpoint-{k}") for k, (name, way) in enumerate(WAYS.items())}


def save():
    return through(saved)


def load():
    return through(loaded)
