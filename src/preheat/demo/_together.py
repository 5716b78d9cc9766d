"""The processes that `torchrun` started, which share every batch; without it, this process is all there is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from preheat.demo._settings import Settings


@contextmanager
def together(settings: Settings) -> Iterator[int]:
    """Have the processes meet; gives their number.

    Raises:
        ValueError: a batch cannot be shared evenly.
    """
    if not (distributed.is_available() and distributed.is_torchelastic_launched()):
        yield 1
        return
    number = int(os.environ["WORLD_SIZE"])
    if settings.batch % number:
        raise ValueError(f"demo(batch={settings.batch}): batch must be a multiple of {number}, the number of processes")
    if settings.device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group()
    try:
        yield number
    finally:
        distributed.destroy_process_group()


def shared(model: nn.Module) -> nn.Module:
    """The model, with the mean over the processes for its gradients."""
    return DistributedDataParallel(model, broadcast_buffers=False) if distributed.is_initialized() else model


def share(batch: Tensor) -> Tensor:
    """This process's part of a batch."""
    return batch[distributed.get_rank() :: distributed.get_world_size()] if distributed.is_initialized() else batch


def mean(loss: Tensor) -> float:
    """The mean of a loss over the processes."""
    loss = loss.detach()
    if distributed.is_initialized():
        distributed.all_reduce(loss)
        loss = loss / distributed.get_world_size()
    return loss.item()


def anywhere(flag: bool) -> bool:  # noqa: FBT001  # the one thing it is asked about
    """Whether a flag is raised in a process, so that all do the same."""
    if distributed.is_initialized():
        flags: list[bool] = [False] * distributed.get_world_size()
        distributed.all_gather_object(flags, flag)
        return any(flags)
    return flag
