"""A short text costs little: its pieces, table entries and written size are bounded."""

import re

import pytest
import torch

from preheat import (
    constant,
    from_json,
    linear,
    noise,
    parse,
    repeat,
    stretch,
    table,
    to_json,
    warmup,
    zero_based,
)
from preheat._analysis.sampling import boundaries, display_length
from preheat._plan import joined
from preheat._plan.base import LARGEST
from preheat.torch import Scheduler

SAW = linear(1, 0, steps=2)
MANY = repeat(SAW, 1_001, decay=0.999)
WRITTEN = joined(">>", *(0.999**k * SAW for k in range(1_001)))
UPDATES = [*range(20), 1_000, 1_999, 2_000, 2_001, 2_002, 2_003, 10**6]


def test_a_long_repetition_stays_one():
    assert repr(MANY) == "repeat(linear(1, 0, steps=2), 1001, decay=0.999)"
    assert parse(repr(MANY)) == from_json(to_json(MANY)) == MANY
    assert (MANY.steps, MANY.size, repeat(SAW, 1_000).size) == (2_002, 1, 1_000)


@pytest.mark.parametrize("read", [lambda plan: plan, zero_based], ids=["from 1", "from 0"])
def test_it_has_the_values_of_its_pieces(read):
    assert [read(MANY)(i) for i in UPDATES] == [read(WRITTEN)(i) for i in UPDATES]
    array = torch.tensor(UPDATES)
    assert torch.allclose(read(MANY)(array), read(WRITTEN)(array), rtol=1e-15)


def test_it_can_be_followed_stretched_and_sampled_like_its_pieces():
    assert (MANY >> constant(3))(2_002) == 3
    assert boundaries(MANY, 3_000)[:3] == [0, 2, 4]
    assert display_length(MANY >> constant(3)) == display_length(WRITTEN >> constant(3))
    assert stretch(MANY, steps=3_003) == repeat(linear(1, 0, steps=3), 1_001, decay=0.999)
    assert stretch(MANY, steps=2_500) == stretch(WRITTEN, steps=2_500)


def test_a_long_stretched_table_is_not_copied():
    plan = stretch(table((1, 2, 3)), steps=1_000_000_000)
    assert (repr(plan), plan.size) == ("stretch(table((1, 2, 3)), steps=1000000000)", 3)
    assert [plan(i) for i in (0, 333_333_333, 333_333_334, 666_666_666, 666_666_667, 10**10)] == [1, 1, 2, 2, 3, 3]


def test_it_has_the_entries_of_a_copy():
    entries = tuple(range(1, 8))
    plan = stretch(table(entries), steps=1_001)
    assert plan.values() == zero_based(plan).values() == [float(entries[k * 7 // 1_001]) for k in range(1_001)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "sgdr(1, cycles=60_000) >> sgdr(1, cycles=60_000)",
            "the text must make at most 100000 pieces and table entri",
        ),
        ("until(sgdr(1, cycles=60_000), 1) >> sgdr(1, cycles=60_000)", "the text must make at most 100000 pieces and"),
        (
            "repeat(2 * repeat(warmup(1), 1_000), 1_000, growth=1.01)",
            "entries must be at most 100000, all times togethe",
        ),
        (f'repeat(function("m:{"f" * 500}", steps=1), 20_000, growth=1.01)', "must be at most 100000, all times toget"),
        (
            "repeat(constant(1, steps=4503599627370496), 2_000)",
            "the cycles together must be shorter than 2**53 updates",
        ),
    ],
)
def test_a_short_text_that_would_cost_much_is_refused(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        parse(text)


def test_so_is_a_short_json():
    half = '{"sgdr": {"steps": 1, "cycles": 51000}}'
    with pytest.raises(ValueError, match=r"^from_json\(text\): the text must make at most 100000 pieces"):
        from_json(f'{{">>": [{half}, {half}]}}')


def test_a_long_text_may_have_as_many_pieces_as_it_writes():
    assert parse(f"table(({'1,' * 200_000}))").size == 200_000


def test_a_plan_of_too_many_pieces_is_refused():
    plan = warmup(1)
    while plan.size < LARGEST:
        plan >>= plan
    with pytest.raises(ValueError, match=rf"size must be at most {LARGEST}, the pieces and table entries written out"):
        plan >> plan


def test_noise_is_bound_where_new_tensors_go_to_the_meta_device():
    optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.5)
    with torch.device("meta"):
        scheduler = Scheduler(optimizer, noise(warmup(4), 0.5, seed=0))
    assert 0 < scheduler.get_last_lr()[0] < 0.5
