"""A run carried over: what a live scheduler of another library is following, as plans."""

import warnings
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

from torch import Tensor
from torch.optim import Optimizer

from preheat._fields import LAST, PreheatWarning, Updates, field_of, short_repr
from preheat._plan import Plan, constant
from preheat._saved.schedulers import UnknownError
from preheat._torch.drop_in import DropIn
from preheat._torch.migrate import pytorch_optimizer, timm, torch
from preheat._torch.migrate.group_schedule import GroupSchedule, key_of
from preheat._torch.migrate.simulate import LISTED, sampled, simulate
from preheat._torch.run.knob import Knob
from preheat._torch.scheduler import Scheduler

__all__ = ["Followed", "from_scheduler"]

PerGroup = Plan | dict[int, Plan]

_READERS = {**torch.READERS, **timm.READERS, **pytorch_optimizer.READERS}
_NEAR, _ROUGH = 1e-9, 5e-3  # of the base: what recursions drift in float, and in float32
_CHECKED = 3  # further updates
_REMEDY = "from_scheduler(scheduler, sample=10_000) writes the lr of so many updates into a table"


class Followed(NamedTuple):
    """What a scheduler is following, and where it stands.

    `plan` multiplies `bases`, the learning rates of the groups; where groups differ it is a dict by index. `position`
    is the coming update. `values` has the plans that set another knob, such as the momentum of a `OneCycleLR`.
    """

    plan: PerGroup
    bases: tuple[float, ...]
    position: int
    values: dict[str, PerGroup]

    def bind(self, optimizer: Optimizer, **options: Any) -> Scheduler:
        """A `Scheduler` that goes on from there: the groups get their bases, the plans are bound, the position sought.

        Args:
            optimizer: the one that the other scheduler drove, or one with as many groups.
            options: those of `Scheduler`, such as `clock="calls"`.

        Raises:
            ValueError: the optimizer has another number of groups, or every base is 0.
        """
        if len(optimizer.param_groups) != len(self.bases):
            raise ValueError(
                f"bind(optimizer of {len(optimizer.param_groups)} groups): there must be one for each base, "
                f"{len(self.bases)}"
            )
        for group, base in zip(optimizer.param_groups, self.bases, strict=True):
            Knob("lr").write(group, base)
            group["initial_lr"] = base
        with warnings.catch_warnings(action="ignore", category=PreheatWarning):  # a plan that is odd was so before
            scheduler = Scheduler(optimizer, self.plan, values=self.values or None, **options)
        scheduler.seek(self.position)
        return scheduler


def from_scheduler(scheduler: Any, *, at: int | None = None, sample: int | None = None) -> Followed:
    """What a scheduler of torch, transformers, timm or pytorch_optimizer is following, wherever it stands.

    The scheduler and its optimizer stay as they are. What is found is held to the lr of now and of the next updates.

    >>> import torch
    >>> from preheat.torch import from_scheduler
    >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    >>> theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100, eta_min=0.05)
    >>> found = from_scheduler(theirs)
    >>> found.plan, found.bases, found.position
    (zero_based(cosine(1, 0.1, steps=100)), (0.5,), 0)
    >>> scheduler = found.bind(optimizer)

    Args:
        scheduler: it must be live, bound to its optimizer.
        at: the number of steps that it has made, for timm's, which do not count them.
        sample: do not look for a plan, but write the lr of the first `sample` updates into a table; those before now
            have the lr of now.

    Raises:
        TypeError: `scheduler` is not one of these, or is preheat's.
        ValueError: its schedule cannot be known; it has left its schedule; `at` is missing; `sample` is not ahead.
    """
    _check_kind(scheduler)
    position = _position(scheduler, at)
    if sample is None:
        schedules, momenta = _read(scheduler)
        _check_lrs(scheduler, schedules, position)
    else:
        schedules, momenta = sampled(scheduler, position, _total(sample, position))
    values = {path: _per_group(plans) for path, plans in momenta.items()}
    return Followed(_per_group([one.plan for one in schedules]), tuple(one.base for one in schedules), position, values)


def _who(scheduler: Any) -> str:
    return f"from_scheduler({type(scheduler).__name__})"


def _check_kind(scheduler: Any) -> None:
    if isinstance(scheduler, DropIn):
        raise TypeError(f"{_who(scheduler)}: it must be another library's; the state_dict of ours carries a run over")
    if not hasattr(getattr(scheduler, "optimizer", None), "param_groups") or not hasattr(scheduler, "step"):
        raise TypeError(
            f"from_scheduler(scheduler={short_repr(scheduler)}): scheduler must be one of torch, transformers, timm or "
            "pytorch_optimizer, bound to its optimizer; a saved state goes in Scheduler.load_state_dict"
        )
    if hasattr(scheduler, "num_bad_epochs"):
        raise ValueError(f"{_who(scheduler)}: it must be a plan, and this follows a metric; use preheat.torch.Plateau")


def _position(scheduler: Any, at: int | None) -> int:
    """The number of steps made: its own count, or `at`."""
    inner = scheduler if hasattr(scheduler, "last_epoch") else getattr(scheduler, "_schedulers", [scheduler])[0]
    counted: Any = getattr(inner, "last_epoch", None)
    if hasattr(inner, "step_t"):  # pytorch_optimizer's count; its REXScheduler has stepped once in its constructor
        counted = inner.step_t - (type(inner).__name__ == "REXScheduler")
    if counted is None and at is None:
        raise ValueError(f"{_who(scheduler)}: at must be given, the number of its steps, which it does not count")
    if at is None:
        return int(counted)
    if counted is not None:
        raise ValueError(
            f"from_scheduler(at={short_repr(at)}): at must be left out; {_who(scheduler)} has counted {counted}"
        )
    return int(field_of(Updates).check("from_scheduler", "at", at))


def _read(scheduler: Any) -> tuple[list[GroupSchedule], dict[str, list[Plan]]]:
    """For each group what it follows, and the plans of the momentum where that is cycled."""
    key = key_of(type(scheduler))
    try:
        if key not in _READERS:
            raise UnknownError("what it does is not known here")  # noqa: TRY301  # as the others, with a remedy
        schedules = _READERS[key](scheduler)
        cycled = getattr(scheduler, "cycle_momentum", False)
        momenta = {"betas[0]" if scheduler.use_beta1 else "momentum": torch.MOMENTA[key](scheduler)} if cycled else {}
    except UnknownError as unknown:
        raise ValueError(f"{_who(scheduler)}: {unknown}; {_REMEDY}") from None
    if key in torch.HOLDING:
        schedules = [GroupSchedule(plan >> constant(plan(LAST - 1)), base) for plan, base in schedules]
    return schedules, momenta


def _total(sample: int, position: int) -> int:
    total = int(field_of(Updates).check("from_scheduler", "sample", sample))
    if not position < total <= LISTED:
        raise ValueError(
            f"from_scheduler(sample={total}): sample must be above {position}, where the scheduler stands, and at most "
            f"{LISTED}"
        )
    return total


def _per_group(plans: Sequence[Plan]) -> PerGroup:
    return plans[0] if len(set(plans)) == 1 else dict(enumerate(plans))


def _check_lrs(scheduler: Any, schedules: Sequence[GroupSchedule], position: int) -> None:
    """Refuse plans that the scheduler does not follow: now, and at the next updates before their end."""
    for at, groups in enumerate(islice(simulate(scheduler, position), 1 + _CHECKED), start=position):
        for index, (group, (plan, base)) in enumerate(zip(groups, schedules, strict=True)):
            found, planned = float(group["lr"]), base * plan(at)
            near = abs(base) * (_ROUGH if isinstance(group["lr"], Tensor) else _NEAR)
            ended = at > position and plan.steps is not None and at >= plan.steps  # there OneCycleLR overshoots
            if not ended and abs(found - planned) > near:
                raise ValueError(
                    f"{_who(scheduler)}: its lr for update {at} must be {planned:g} in group {index}, as its "
                    f"parameters say, and is {found:g}: by another hand, or past the planned end; {_REMEDY}"
                )
