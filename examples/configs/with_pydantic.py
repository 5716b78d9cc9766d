"""A plan as a field of a pydantic model: read from its text, checked with the rest, written as text to JSON."""

from pydantic import BaseModel, ValidationError

from preheat import Plan, warmup


class Training(BaseModel):
    """What a run is told."""

    lr: float = 3e-4
    plan: Plan = warmup(20)


training = Training.model_validate_json('{"lr": 0.001, "plan": "warmup(10) >> cosine(1, 0, steps=90)"}')
print(f"read:    {training!r}")
print(f"written: {training.model_dump_json()}")
print(f"again:   {Training.model_validate_json(training.model_dump_json()) == training}")

try:
    Training(plan="warmup(10) >> cosin(1, 0, steps=90)")
except ValidationError as error:
    print(f"refused: {error.errors()[0]['msg'].splitlines()[0]}")
