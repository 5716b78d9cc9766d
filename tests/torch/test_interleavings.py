"""Whatever a training loop does, and in whatever order, each update uses the value that the plan has for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fuzz_machine
from fuzz_machine import INNOCENT, NEW, Run, fuzz, perform
from training import PLAN

COUNTS = st.integers(0, 5)
ORDERS = st.sampled_from(["os", "so", "s"])
ACTS = st.lists(
    st.just(("update",))
    | st.just(("update",))
    | st.just(("update",))
    | st.tuples(st.just("batches"), st.integers(1, 3))
    | st.tuples(st.just("fail"))
    | st.tuples(st.just("scaled"), st.booleans())
    | st.tuples(st.just("save"))
    | st.tuples(st.just("load"), COUNTS, ORDERS)
    | st.tuples(st.just("restart"), COUNTS, st.sampled_from(["bos", "bso", "obs", "bs"]))
    | st.tuples(st.just("replan"), st.sampled_from(NEW))
    | st.tuples(st.just("cooldown"), st.integers(0, 6), st.sampled_from([0.0, 0.25]))
    | st.tuples(st.just("group"), st.booleans())
    | st.tuples(st.just("seek"), st.integers(0, 12))
    | st.tuples(st.just("copy"))
    | st.tuples(st.just("close"))
    | st.tuples(st.just("lend"), st.integers(0, 4)),
    max_size=25,
)


@pytest.mark.parametrize("mode", INNOCENT)
@given(ACTS, st.sampled_from([(0.1, 0.03), (0.1, 0.1)]))
def test_each_update_uses_the_value_of_the_plan(mode, acts, bases):
    perform(mode, bases, acts)


def test_a_missing_call_holds_and_the_next_one_is_right_again():
    run = Run("missing")
    for _ in range(3):
        run.update()
        run.batches(1)
    run.update()
    run.update()  # no call between
    assert run.seen == [[0.1 * PLAN(3), 0.03 * PLAN(3)]]
    run.batches(1)
    run.update()
    assert run.seen == [[0.1 * PLAN(5), 0.03 * PLAN(5)]]


def test_the_fuzzer_finds_nothing_in_a_few_runs():
    assert fuzz(60, seed=0) == 60


def test_the_fuzzer_sees_a_wrong_value_and_says_how_to_repeat_it(monkeypatch):
    monkeypatch.setattr(fuzz_machine.Expected, "value", lambda *_: 0.25)
    with pytest.raises(AssertionError, match=r"seed 0, mode '\w+', acts \[\("):
        fuzz(60, seed=0)
