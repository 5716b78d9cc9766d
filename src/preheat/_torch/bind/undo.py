"""Building a Scheduler is all or nothing: what fails leaves groups, hooks and the Scheduler before it as they were."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch.optim import Optimizer

from preheat._torch.bind.inner import inner_optimizers

__all__ = ["undone_on_error"]

HOOKS = ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks", "_optimizer_load_state_dict_post_hooks")


@contextmanager
def undone_on_error(optimizers: Sequence[Optimizer]) -> Iterator[None]:
    """Put values, `initial_lr`, `join` and hooks of all groups back if what is done inside fails.

    A tensor needs no copy: a Scheduler writes into tensors of its own, which it puts in the place of those it found.
    """
    every = [*optimizers, *(inner for one in optimizers for _, inner, _ in inner_optimizers(one))]
    held: list[dict[Any, Any]] = [group for one in optimizers for group in one.param_groups]
    held += [vars(one)[name] for one in every for name in HOOKS if name in getattr(one, "__dict__", ())]
    copies = [dict(one) for one in held]
    try:
        yield
    except BaseException:
        for one, copy in zip(held, copies, strict=True):
            one.clear()
            one.update(copy)
        raise
