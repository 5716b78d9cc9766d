"""A scheduler whose plans can be changed while it runs."""

from collections.abc import Callable
from inspect import signature
from typing import Any

from preheat._fields import Count, field_of
from preheat._plan import VOCABULARY, Plan
from preheat._torch.drop_in import DropIn
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import as_plan
from preheat._torch.run.warnings import warn
from preheat._torch.state.edits import EditContext, edit, extend

__all__ = ["Editable", "Planned"]

Planned = Plan | str | Callable[[Any], float]


class Editable(DropIn):
    """The edits of a running plan; each is kept with its update."""

    def replan(self, plan: Planned, *, knob: str = "lr") -> None:
        """Follow another plan from here on, from its own beginning; saved with the run, and replayed.

        Under `clock="manual"`, from the next whole unit on.

        Raises:
            ValueError: the knob is not driven; the plan has no text.
        """
        new = as_plan("plan", plan)
        self._awake()
        self._edit(knob, lambda _: new, advise=True)

    def cooldown(self, n: int, end: float = 0.0, shape: str = "one_minus_sqrt", *, knob: str = "lr") -> None:
        """Go from the value that the last update used to `end` in `n` updates, from here on.

        Args:
            n: the length, in updates.
            end: the last value, in the knob's own terms (under `plan` and `scale` a multiplier).
            shape: the name of a shape with a start and an end.
            knob: what to cool down.

        Raises:
            ValueError: the knob is not driven, or there is no such shape.
        """
        make = VOCABULARY.get(shape) if isinstance(shape, str) else None
        needs = [] if make is None else [p.name for p in signature(make).parameters.values() if p.default is p.empty]
        if make is None or set(needs) != {"start", "end", "steps"}:
            raise ValueError(
                f"cooldown(shape={shape!r}): shape must be the name of one that takes start, end and steps alone"
            )
        self._awake()
        self._edit(knob, lambda moment: make(start=moment.value, end=end, steps=n), advise=False)

    def extend(self, total_steps: int) -> None:
        """Follow the plan as bound for another total from here on; saved with the run, and replayed.

        Plans whose lengths ask for the total, `"5%"` or `"rest"`, are resolved anew; what was used so far stays. A
        warning tells the value on each side of the seam where that is another than the one before.

        >>> import torch
        >>> from preheat import cosine, warmup
        >>> from preheat.torch import Scheduler
        >>> optimizer = torch.optim.SGD(torch.nn.Linear(2, 2).parameters(), lr=1.0)
        >>> scheduler = Scheduler(optimizer, warmup(2) >> cosine(1, 0, steps="rest"))
        >>> scheduler.extend(100)

        Args:
            total_steps: the updates of the whole run, those made so far included.

        Raises:
            ValueError: no plan asks for the total, or its parts are longer.
            TypeError: the total is not a whole number.
        """
        total = int(field_of(Count).check("extend", "total_steps", total_steps))
        self._awake()
        sentences = extend(self._bindings, self._groups(), total)
        self._rewrite()
        for sentence in sentences:
            warn(sentence)

    def _edit(self, knob: str, make: Callable[[EditContext], Plan], *, advise: bool) -> None:
        edit(self._bindings, self._groups(), [knob], make, advise=advise)
        self._rewrite()

    def _rewrite(self) -> None:
        for own, binding in zip(self._groups(), self._bindings, strict=True):
            binding.rewrite(own)
        self._flush()

    def _flush(self) -> None:
        for binding in self._bindings:
            binding.flush()

    def _groups(self) -> list[Groups]:
        return [one.param_groups for one in self.optimizers]
