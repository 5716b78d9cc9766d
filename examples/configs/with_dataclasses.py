"""A plan as a field of a dataclass: a default, a text from outside, another plan in its place, a line of a log."""

from dataclasses import asdict, dataclass, replace

from preheat import Plan, cosine, parse, warmup


@dataclass(frozen=True)
class Training:
    """What a run is told."""

    lr: float = 3e-4
    plan: Plan = warmup(20) >> cosine(1, 0.1, steps=180)  # immutable and hashable, so it can be a default


outside = {"lr": 1e-3, "plan": "warmup(10) >> constant(1)"}
training = Training(**outside | {"plan": parse(outside["plan"])})

print(f"default:  {Training()}")
print(f"given:    {training}")
print(f"replaced: {replace(training, plan=training.plan / 2)}")
print(f"as data:  {asdict(training)}")
