"""A second process beside the test's own, the two joined by `torch.distributed`; no port is fixed."""

from contextlib import contextmanager
from datetime import timedelta

from torch import distributed, multiprocessing

TIMEOUT = timedelta(seconds=60)


@contextmanager
def two_processes(store, work, *args):
    """Run `work(*args)` as rank 1, in a process of its own; the block is rank 0. `store` is a path not yet there."""
    second = multiprocessing.get_context("spawn").Process(target=_as_rank_1, args=(str(store), work, args))
    second.start()
    try:
        with _joined(str(store), rank=0):
            yield
        second.join(TIMEOUT.seconds)
        assert second.exitcode == 0, "rank 1 failed; its traceback is above"
    finally:
        second.kill()


def _as_rank_1(store, work, args):
    with _joined(store, rank=1):
        work(*args)


@contextmanager
def _joined(store, rank):
    distributed.init_process_group("gloo", f"file://{store}", TIMEOUT, rank=rank, world_size=2)
    try:
        yield
    finally:
        distributed.destroy_process_group()
