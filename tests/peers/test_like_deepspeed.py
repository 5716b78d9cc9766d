"""DeepSpeed's `WarmupCosineLR`, run past its end; docs/migrating.md has its other schedulers."""

import pytest
from deepspeed.runtime.lr_schedules import WarmupCosineLR

from preheat import constant, cosine, linear, logarithmic, zero_based

RISES = {"log": logarithmic(0, 1, steps=2_000), "linear": zero_based(linear(0, 1, steps=2_000))}


@pytest.mark.parametrize("warmup_type", RISES)
def test_warmup_cosine_lr_keeps_its_last_value(warmup_type, same_along):
    plan = constant(0, steps=1) >> RISES[warmup_type] >> cosine(1, 0.1, steps=10_000)
    make = lambda optimizer: WarmupCosineLR(  # noqa: E731  # of this call
        optimizer, 12_000, warmup_num_steps=2_000, cos_min_ratio=0.1, warmup_type=warmup_type
    )
    same_along("DeepSpeed.WarmupCosineLR", plan, make, updates=13_000)
