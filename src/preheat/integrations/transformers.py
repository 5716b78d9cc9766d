"""The Trainer of transformers, given a plan in place of a scheduler."""

from typing import Any

from preheat.torch import Scheduler

__all__ = ["FollowsPlan"]


class FollowsPlan:
    """Put before a `Trainer` of any kind, it makes one that takes a plan and resolves it for the updates of the run.

    `class PlanTrainer(FollowsPlan, Trainer): pass`, then
    `PlanTrainer(model, settings, plan='warmup("5%") >> cosine(1, 0, steps="rest")', ...)`. Only if neither `plan` nor
    `lr` is given, the scheduler is the one that the settings name.

    Args:
        plan: multiplies the learning rate of the settings; as in `Scheduler`.
        lr: sets the learning rate itself; as in `Scheduler`.

    Raises:
        ValueError: a scheduler is given as well, or the plan is longer than the run.
    """

    optimizer: Any  # the Trainer's own
    lr_scheduler: Any
    _created_lr_scheduler: bool

    def __init__(self, *args: Any, plan: Any = None, lr: Any = None, **kwargs: Any) -> None:  # noqa: D107
        self._planned = {name: one for name, one in (("plan", plan), ("lr", lr)) if one is not None}
        super().__init__(*args, **kwargs)
        if self._planned and self.lr_scheduler is not None:
            name, one = next(iter(self._planned.items()))
            message = (
                f"{type(self).__name__}({name}={one!r:.60}): {name} must be left out where a scheduler is given; pass "
                "optimizers=(optimizer, None)"
            )
            raise ValueError(message)

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """The `Scheduler`, made when the Trainer knows how many updates it will make."""
        if not self._planned:
            return super().create_scheduler(num_training_steps, optimizer)  # type: ignore[misc]  # the Trainer's
        if self.lr_scheduler is None:
            followed = self.optimizer if optimizer is None else optimizer
            self.lr_scheduler = Scheduler(followed, **self._planned, total_steps=num_training_steps)
            self._created_lr_scheduler = True
        return self.lr_scheduler
