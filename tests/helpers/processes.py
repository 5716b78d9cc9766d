"""Other processes than the test's own: a fresh one, or two joined by `torch.distributed`; no port is fixed."""

import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from torch import distributed, multiprocessing

TIMEOUT = timedelta(seconds=60)


def afresh(work, *args, **options):
    """What `work(*args, **options)` returns in a fresh process."""
    return _returned(1, lambda pool: [pool.submit(work, *args, **options)])[0]


def both(store, work, *args, **options):
    """What `work(*args, **options)` returns on each of two ranks, set up as by a launcher; `store` as below."""
    work = partial(work, *args, **options)
    return _returned(2, lambda pool: [pool.submit(_launched, str(store), rank, work) for rank in range(2)])


def _returned(processes, submit):
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        return [future.result(2 * TIMEOUT.seconds) for future in submit(pool)]


def _launched(store, rank, work):
    named = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "GROUP_RANK": 0}
    os.environ.update({name: str(number) for name, number in named.items()})
    os.environ.update(MASTER_ADDR="localhost", MASTER_PORT="0", TORCHELASTIC_RUN_ID="tests")
    with _joined(store, rank):
        return work()


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
