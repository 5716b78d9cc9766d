"""What the tests of the adapter train: one weight in each group, and the knobs that each update used."""

import warnings

import torch

from preheat import cosine, warmup

PLAN = warmup(4) >> cosine(1, 0.1, steps=36)
VALUES = PLAN.values()  # of its 40 updates


def weight():
    return torch.nn.Parameter(torch.ones(2))


def make(kind=torch.optim.SGD, *lrs, **knobs):
    """An optimizer with a group for each lr; one of lr 1.0, whose lr is then the plan's value, when none is given."""
    return kind([{"params": [weight()], "lr": lr} for lr in lrs or (1.0,)], **knobs)


def update(*optimizers, gradient=1.0):
    """One update of each optimizer."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.full_like(parameter, gradient)
        optimizer.step()


def watched(optimizer, key="lr"):
    """A list that grows, at every step of the optimizer, by what each group has under a key."""
    seen = []
    optimizer.register_step_post_hook(lambda one, *_: seen.append([plain(group[key]) for group in one.param_groups]))
    return seen


def plain(held):
    """A number of a group, or a tuple of them, without tensors."""
    return tuple(map(float, held)) if isinstance(held, tuple) else float(held)


def train(optimizer, scheduler=None, updates=40, calls=1):
    """Update, then call the scheduler, in turn; returns the lr of the first group that each update used."""
    seen = watched(optimizer)
    for _ in range(updates):
        update(optimizer)
        for _ in range(calls if scheduler is not None else 0):
            scheduler.step()
    return [row[0] for row in seen]


def said(run):
    """The sentences said while a function runs."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run()
    return sentences(caught)


def sentences(caught):
    """What was said inside a `with pytest.warns(...) as caught`."""
    return [str(one.message) for one in caught]
