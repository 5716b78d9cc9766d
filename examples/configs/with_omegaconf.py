"""A plan in OmegaConf: the field is a string, and the code takes its plan; merged and overridden as any other."""

from dataclasses import dataclass

from omegaconf import OmegaConf

from preheat import parse


@dataclass
class Training:
    """What a run is told; OmegaConf allows plain types only, so the plan is its text."""

    lr: float = 3e-4
    warmup_steps: int = 20
    plan: str = "warmup(${warmup_steps}) >> cosine(1, 0.1, steps=180)"


config = OmegaConf.merge(OmegaConf.structured(Training), OmegaConf.from_dotlist(["warmup_steps=10"]))
print(f"text: {config.plan}")
print(f"plan: {parse(config.plan)}")
