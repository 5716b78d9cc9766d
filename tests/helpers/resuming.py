"""Runs that are saved, and started again, in every order of building and loading."""

import json
from copy import deepcopy

import torch

from preheat.torch import Scheduler
from training import PLAN, make, train

ORDERS = ("bos", "bso", "obs")  # b builds the scheduler, o and s load the states of the optimizer and of the scheduler


def states(optimizer, scheduler):
    """Copies, as files would hold them."""
    return deepcopy(optimizer.state_dict()), json.loads(json.dumps(scheduler.state_dict()))


def started(order, optimizer, bind, saved):
    """A scheduler that `bind` makes for the optimizer, and both loaded, in an order."""
    schedulers: list[Scheduler] = []
    for letter in order:
        if letter == "b":
            schedulers.append(bind(optimizer))
        elif letter == "o":
            optimizer.load_state_dict(deepcopy(saved[0]))
        else:
            schedulers[0].load_state_dict(saved[1])
    return schedulers[0]


def saved(updates, plan=PLAN, peak=0.1, kind=torch.optim.SGD):
    """The states of a run."""
    optimizer = make(kind, peak)
    scheduler = Scheduler(optimizer, plan)
    train(optimizer, scheduler, updates)
    return states(optimizer, scheduler)


def resumed(state, order, peak, plan=PLAN, **options):
    """A run with a peak in the code; where the loaded one is the code's, o-b-s, it is set in the group."""

    def bind(optimizer):
        if order == "obs" and peak is not None:
            optimizer.param_groups[0]["lr"] = peak
        return Scheduler(optimizer, plan, **options)

    optimizer = make(torch.optim.SGD, peak or 1.0)
    return optimizer, started(order, optimizer, bind, state)
