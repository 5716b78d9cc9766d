"""A plan as an argument of a function on the command line: jsonargparse is told once how to read and write one.

Run `python with_jsonargparse.py --plan "warmup(10) >> constant(1)"`, or with `--print_config`, or `--config file.yaml`.
"""

from jsonargparse import auto_cli
from jsonargparse.typing import register_type

from preheat import Plan, cosine, parse, warmup

register_type(Plan, serializer=repr, deserializer=parse, type_check=isinstance)
PLAN = warmup(20) >> cosine(1, 0.1, steps=180)


def train(*, lr: float = 3e-4, plan: Plan = PLAN) -> None:
    """Say what would be trained.

    Args:
        lr: the peak.
        plan: multiplies it.
    """
    print(f"lr {lr:g} times {plan}, {plan.steps} updates")


auto_cli(train, as_positional=False)
