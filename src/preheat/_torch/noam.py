"""`NoamOpt`: the published wrapper, for code that already uses it."""

from typing import Any

from torch.optim import Optimizer

from preheat._fields import Count, Number, field_of
from preheat._nodes import zero_based
from preheat._torch._advice import say
from preheat._torch._knob import write
from preheat.shapes.laws import noam

__all__ = ["NoamOpt"]


class NoamOpt:
    """An optimizer wrapper that sets the paper's learning rate before each step.

    Its rates are those of the class published in 2018 with The Annotated Transformer, and it loads that class's
    state. `Scheduler(optimizer, lr=noam(model_size, warmup))` does the same without a wrapper.

    >>> import torch
    >>> optimizer = torch.optim.Adam(torch.nn.Linear(2, 2).parameters(), lr=0, betas=(0.9, 0.98), eps=1e-9)
    >>> wrapped = NoamOpt(4, 4, optimizer)
    >>> wrapped.step()
    >>> wrapped.rate(), wrapped.rate(4), wrapped.rate(0)
    (0.0625, 0.25, 0.0)

    Args:
        model_size: the width of the model, `d_model`.
        warmup: the length of the warm-up, in updates.
        optimizer: a torch optimizer.
        factor: multiplies every rate.
    """

    def __init__(self, model_size: int, warmup: int, optimizer: Optimizer, factor: float = 1.0) -> None:
        self.optimizer = optimizer
        self._step = 0
        self._rate = 0.0
        self._follow(model_size, warmup, factor)

    def _follow(self, model_size: int, warmup: int, factor: float) -> None:
        self.model_size = int(field_of(Count).check("NoamOpt", "model_size", model_size))
        self.warmup = int(field_of(Count).check("NoamOpt", "warmup", warmup))
        self.factor = field_of(Number).check("NoamOpt", "factor", factor)
        self._plan = zero_based(self.factor * noam(self.model_size, self.warmup))  # read at the number of the step

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The optimizer's groups."""
        return self.optimizer.param_groups

    def step(self, closure: Any = None) -> Any:
        """Set the rate of the coming step and take it; returns what the optimizer's step returns."""
        self._step += 1
        self._rate = self.rate()
        for group in self.param_groups:
            write(group, "lr", self._rate)
        return self.optimizer.step(closure)

    def rate(self, step: int | None = None) -> float:
        """The learning rate of a step, counted from 1; of the last one taken when none is given."""
        return self._plan(self._step if step is None else step)

    def zero_grad(self, set_to_none: bool = True) -> None:  # noqa: FBT001, FBT002  # torch's own signature
        """Clear the gradients, as the optimizer does."""
        self.optimizer.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """The published class's state, and the optimizer's own under `optimizer_state`."""
        return {
            "_step": self._step,
            "_rate": self._rate,
            "model_size": self.model_size,
            "warmup": self.warmup,
            "factor": self.factor,
            "optimizer_state": self.optimizer.state_dict(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state of this class or of the published one, which lacks the optimizer's own (a warning).

        Raises:
            ValueError: the state lacks `_step`, `_rate`, `warmup` or `model_size`.
        """
        missing = [key for key in ("_step", "_rate", "warmup", "model_size") if key not in state_dict]
        if missing:
            message = f"NoamOpt.load_state_dict(state_dict): {', '.join(missing)} must be in it"
            raise ValueError(message)
        self._follow(state_dict["model_size"], state_dict["warmup"], state_dict.get("factor", self.factor))
        self._step, self._rate = state_dict["_step"], state_dict["_rate"]
        if "optimizer_state" in state_dict:
            self.optimizer.load_state_dict(state_dict["optimizer_state"])
            return
        say(
            "NoamOpt.load_state_dict(): the state holds no optimizer_state, so Adam's moments start anew; "
            "load the optimizer's own state into NoamOpt.optimizer"
        )
