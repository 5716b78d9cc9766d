"""The transformers Trainer: takes a plan in place of a scheduler, and a callback logs what each update used."""

from typing import Any

from transformers import TrainerCallback
from transformers.trainer_utils import has_length

from preheat._lengths.resolve import resolve
from preheat._plan import Plan, lengths_in, missing
from preheat._torch.run.knob_schedule import plans_of
from preheat.integrations._entries import Entries
from preheat.torch import Scheduler

__all__ = ["FollowsPlan", "PlanMonitor"]


class FollowsPlan:
    """A mixin for any `Trainer` that makes it take a plan, and resolves the plan for the updates of the run.

    `class PlanTrainer(FollowsPlan, Trainer): pass`, then
    `PlanTrainer(model, settings, plan='warmup("5%") >> cosine(1, 0, steps="rest")', ...)`. With neither
    `plan` nor `lr`, the scheduler is the one that the settings name.

    Args:
        plan: multiplies the learning rate of the settings; as in `Scheduler`.
        lr: sets the learning rate itself; as in `Scheduler`.

    Raises:
        ValueError: a scheduler is given as well, or the plan is longer than the run.
    """

    optimizer: Any  # set by the Trainer
    lr_scheduler: Any
    _created_lr_scheduler: bool
    _per_epoch: int | None = None

    def __init__(self, *args: Any, plan: Any = None, lr: Any = None, **kwargs: Any) -> None:  # noqa: D107
        self._planned = {name: one for name, one in (("plan", plan), ("lr", lr)) if one is not None}
        super().__init__(*args, **kwargs)
        if self._planned and self.lr_scheduler is not None:
            name, one = next(iter(self._planned.items()))
            raise ValueError(
                f"{type(self).__name__}({name}={one!r:.60}): {name} must be left out where a scheduler is given; pass "
                "optimizers=(optimizer, None)"
            )

    def set_initial_training_values(self, args: Any, dataloader: Any, *more: Any) -> Any:
        """Keep the updates in an epoch, for lengths such as `"3ep"`; returns what the Trainer's own method does."""
        known = super().set_initial_training_values(args, dataloader, *more)  # type: ignore[misc]  # the Trainer's
        self._per_epoch = known[1] if has_length(dataloader) else None
        return known

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """Build the `Scheduler`; the Trainer calls this once it knows how many updates the run has."""
        if not self._planned:
            return super().create_scheduler(num_training_steps, optimizer)  # type: ignore[misc]  # the Trainer's
        if self.lr_scheduler is None:
            followed = self.optimizer if optimizer is None else optimizer
            planned: dict[str, Any] = {
                name: {key: self._in_updates(plan) for key, plan in plans_of(name, one).items()}
                for name, one in self._planned.items()
            }
            self.lr_scheduler = Scheduler(followed, **planned, total_steps=num_training_steps)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def _in_updates(self, plan: Plan | None) -> Plan | None:
        """The plan with its epochs in updates; the `Scheduler` resolves lengths that need the total."""
        if plan is None or "steps_per_epoch" not in missing(lengths_in(plan)):
            return plan
        return resolve(plan, steps_per_epoch=self._per_epoch)


class PlanMonitor(TrainerCallback):  # type: ignore[misc]  # the type checker runs without transformers
    """Logs what each update used, as `preheat.integrations.loop.PlanMonitor` does.

    `trainer.add_callback(PlanMonitor(trainer))`. It calls `trainer.log`, which writes to whatever the settings name
    in `report_to` and to the history in the Trainer's state. The Trainer counts the first update as 1.

    Args:
        trainer: the Trainer to log with.
    """

    def __init__(self, trainer: Any) -> None:  # noqa: D107  # the class says it
        self._trainer = trainer

    def on_train_begin(self, _args: Any, _state: Any, _control: Any, lr_scheduler: Any = None, **_: Any) -> None:
        """Find the scheduler."""
        self._entries = Entries(lr_scheduler)

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Log the update."""
        if entry := self._entries.latest():
            self._trainer.log(entry.values())
