"""`NoamOpt`: the wrapper of The Annotated Transformer, for code that already uses it."""

from typing import Any

from torch.optim import Optimizer

from preheat._fields import LAST, TINY, Count, Field, Number, Positive, Updates, field_of, number, short_repr
from preheat._nodes import zero_based
from preheat._torch.run.knob import Knob
from preheat._torch.run.warnings import warn
from preheat.shapes.laws import noam

__all__ = ["NoamOpt"]

_LR = Knob("lr")
_STEP = Field("a number from 0 up to 2**53", number(-TINY, LAST))
_SAVED = ("_step", "_rate", "model_size", "warmup")  # by the published class


class NoamOpt:
    """An optimizer wrapper that sets the paper's learning rate before each step.

    It has the rates of the class published in 2018 with The Annotated Transformer, and loads its state.
    `Scheduler(optimizer, lr=noam(model_size, warmup))` does the same without a wrapper.

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

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: an argument is out of its range.
    """

    def __init__(self, model_size: int, warmup: int, optimizer: Optimizer, factor: float = 1.0) -> None:
        if not hasattr(optimizer, "param_groups"):
            raise TypeError(
                f"NoamOpt(optimizer={short_repr(optimizer)}): optimizer must be a torch Optimizer; "
                "noam(model_size, warmup) gives the rates without one"
            )
        self.optimizer = optimizer
        self._follow(model_size, warmup, factor, step=0, rate=0.0)

    def _follow(self, model_size: object, warmup: object, factor: object, *, step: object, rate: object) -> None:
        count = field_of(Count)
        model_size = int(count.check("NoamOpt", "model_size", model_size))
        warmup = int(count.check("NoamOpt", "warmup", warmup))
        factor = field_of(Positive).check("NoamOpt", "factor", factor)
        step = int(field_of(Updates).check("NoamOpt", "_step", step))
        rate = field_of(Number).check("NoamOpt", "_rate", rate)
        self.model_size, self.warmup, self.factor, self._step, self._rate = model_size, warmup, factor, step, rate
        self._plan = zero_based(factor * noam(model_size, warmup))  # evaluated at the number of the step, from 1

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The optimizer's groups."""
        return self.optimizer.param_groups

    def step(self, closure: Any = None) -> Any:
        """Set the rate of the next step and take the step; one that raises is not counted.

        Returns:
            What the optimizer's step returns.
        """
        rate = self.rate(self._step + 1)
        for group in self.param_groups:
            _LR.write(group, rate)
        loss = self.optimizer.step() if closure is None else self.optimizer.step(closure)
        self._step, self._rate = self._step + 1, rate
        return loss

    def rate(self, step: float | None = None) -> float:
        """The learning rate of a step, counted from 1; by default that of the last step taken.

        Raises:
            TypeError: `step` is not a number.
            ValueError: `step` is negative or not finite.
        """
        return self._plan(self._step if step is None else _STEP.check("NoamOpt.rate", "step", step))

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
        """Continue from a state of this class, or of the published one, with a warning that it lacks the optimizer's.

        Raises:
            TypeError: the state is not a dict, or an entry is of the wrong kind.
            ValueError: the state lacks `_step`, `_rate`, `model_size` or `warmup`, or an entry is out of its range.
        """
        if not isinstance(state_dict, dict):
            raise TypeError(f"NoamOpt.load_state_dict(state_dict={short_repr(state_dict)}): state_dict must be a dict")
        if missing := [key for key in _SAVED if key not in state_dict]:
            raise ValueError(
                f"NoamOpt.load_state_dict(state_dict={short_repr(state_dict)}): state_dict must hold "
                f"{', '.join(missing)}"
            )
        step, rate, model_size, warmup = (state_dict[key] for key in _SAVED)
        self._follow(model_size, warmup, state_dict.get("factor", self.factor), step=step, rate=rate)
        if "optimizer_state" in state_dict:
            self.optimizer.load_state_dict(state_dict["optimizer_state"])
        else:
            warn(
                "NoamOpt.load_state_dict(): the state holds no optimizer_state, so Adam's moments start anew; "
                "load the optimizer's own state into NoamOpt.optimizer"
            )
