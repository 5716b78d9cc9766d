"""The number of updates of a run, as the loaders count, and its arithmetic in words."""

import json
import pickle
import re

import pytest
import torch
from torch.utils.data import DataLoader, DistributedSampler, IterableDataset, TensorDataset

from preheat import linear, steps_for


def refused(error, words):
    """The error, with exactly these words."""
    return pytest.raises(error, match=f"^{re.escape(words)}$")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"n_samples": 50_000, "batch_size": 128, "epochs": 90},
         "35190 updates = 90 epochs * 391, 391 = ceil(50000 samples / 128)"),
        ({"n_samples": 50_000, "batch_size": 128, "epochs": 90, "drop_last": True},
         "35100 updates = 90 epochs * 390, 390 = floor(50000 samples / 128)"),
        ({"n_samples": 50_000, "batch_size": 32, "processes": 8, "accumulation": 4, "epochs": 30},
         "1470 updates = 30 epochs * 49, 49 = ceil(196 batches / 4), 196 = ceil(50000 samples / (32 * 8 processes))"),
        ({"loader": range(10), "accumulation": 4}, "3 updates = 1 epochs * 3, 3 = ceil(10 batches / 4)"),
        ({"loader": range(391), "epochs": 90}, "35190 updates = 90 epochs * 391"),
    ],
)  # fmt: skip
def test_the_arithmetic_is_shown(given, said):
    steps = steps_for(**given)
    assert repr(steps) == str(steps) == said
    assert int(steps) == int(said.partition(" ")[0])


def test_it_is_a_whole_number_in_every_other_way():
    steps = steps_for(loader=range(10), epochs=3)
    assert linear(0, 1, steps=steps) == linear(0, 1, steps=30)
    assert repr(linear(0, 1, steps=steps)) == "linear(0, 1, steps=30)"
    assert f"{steps} {steps:06d}" == "30 000030"
    assert json.dumps({"steps": steps}) == '{"steps": 30}'
    assert repr(pickle.loads(pickle.dumps(steps))) == "30 updates = 3 epochs * 10"


def samples(n):
    return TensorDataset(torch.arange(n))


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("n", [24, 25, 29, 31, 47])
def test_batches_are_counted_as_the_loader_counts_them(n, drop_last):
    loader = DataLoader(samples(n), batch_size=8, drop_last=drop_last)
    assert steps_for(n_samples=n, batch_size=8, drop_last=drop_last) == steps_for(loader=loader) == len(list(loader))


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("n", [24, 25, 31, 36, 47])
def test_every_process_has_as_many_batches(n, drop_last):
    data = samples(n)
    for rank in range(3):
        sampler: DistributedSampler[int] = DistributedSampler(data, num_replicas=3, rank=rank, drop_last=drop_last)
        loader = DataLoader(data, batch_size=4, sampler=sampler, drop_last=drop_last)
        assert len(list(loader)) == steps_for(n_samples=n, batch_size=4, processes=3, drop_last=drop_last)


class Stream(IterableDataset[int]):
    def __iter__(self):
        return iter(())


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({}, ValueError, "steps_for(): one of n_samples and loader must be given"),
        ({"n_samples": 8}, ValueError, "steps_for(n_samples=8): batch_size must be given with n_samples"),
        ({"n_samples": 8, "batch_size": 2, "loader": [1]}, ValueError,
         "steps_for(n_samples=8, loader=[1], batch_size=2): one of n_samples and loader must be given"),
        ({"loader": "x", "processes": 2}, ValueError,
         "steps_for(loader='x', processes=2): batch_size, processes and drop_last must be left out; loader has them"),
        ({"n_samples": 3, "batch_size": 4, "drop_last": True}, ValueError,
         "steps_for(n_samples=3, batch_size=4, drop_last=True): there must be one batch or more"),
        ({"loader": 8}, TypeError,
         "steps_for(loader=8): loader must be a loader of batches that has a length; give n_samples and batch_size"),
        ({"loader": [1], "drop_last": 1}, TypeError, "steps_for(drop_last=1): drop_last must be True or False"),
        ({"loader": [1], "epochs": 0.5}, TypeError,
         "steps_for(epochs=0.5): epochs must be a whole number, from 1 up to 2**53"),
    ],
)  # fmt: skip
def test_what_makes_no_run_is_refused(given, error, words):
    with refused(error, words):
        steps_for(**given)


def test_a_stream_has_no_length():
    with pytest.raises(TypeError, match="loader must be a loader of batches that has a length"):
        steps_for(loader=DataLoader(Stream()))
