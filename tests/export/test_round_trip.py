"""A LambdaLR built from an export is a plan again."""

import pytest
import torch

from preheat import cosine, export, linear, noam, repeat, warmup
from preheat._plan import joined
from preheat.torch import from_scheduler


def scheduler_of(code):
    names: dict[str, object] = {}
    exec(code, names)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    return names["make_scheduler"](optimizer)  # type: ignore[operator]


@pytest.mark.parametrize("plan", [warmup(20) >> cosine(1, 0.1, steps=980), noam(512, 4_000), repeat(warmup(5))])
@pytest.mark.parametrize("lr", [None, True])
def test_it_is_the_plan_that_was_exported(plan, lr):
    found = from_scheduler(scheduler_of(export(plan, lr=lr)))
    assert (found.plan, found.bases, found.position) == (plan, (0.5,), 0)


def test_a_peak_multiplies_the_plan():
    assert from_scheduler(scheduler_of(export(warmup(20), lr=3e-4))).plan == 3e-4 * warmup(20)


def test_a_docstring_is_believed_only_if_its_values_are_the_functions():
    code = export(warmup(20))
    for changed in (code.replace("/ 20", "/ 21"), code.replace("linear(0, 1,", "linier(0, 1,")):
        assert changed != code
        with pytest.raises(ValueError, match="a function of your own"):
            from_scheduler(scheduler_of(changed))


def test_a_plan_too_long_for_the_docstring_stays_a_function():
    plan = joined(">>", *(linear(k, 0, steps=10) for k in range(40)))
    with pytest.raises(ValueError, match="a function of your own"):
        from_scheduler(scheduler_of(export(plan)))
