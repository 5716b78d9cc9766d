"""The schedulers of timm, as plans."""

from collections.abc import Callable
from typing import Any

from preheat._saved.schedulers import TIMM, UnknownError, of_timm
from preheat._torch.migrate.group_schedule import GroupSchedule

__all__ = ["READERS"]


def _of_timm(scheduler: Any) -> list[GroupSchedule]:
    if scheduler.noise_range_t is not None:
        raise UnknownError("its noise is drawn from torch's generator, for which no formula stands")
    if scheduler.param_group_field != "lr":
        raise UnknownError(f"param_group_field={scheduler.param_group_field!r} must be the lr")
    name, held = type(scheduler).__name__, vars(scheduler)
    pairs = zip(map(float, scheduler.base_values), scheduler.optimizer.param_groups, strict=True)
    return [GroupSchedule(of_timm(name, held, base), base * group.get("lr_scale", 1.0)) for base, group in pairs]


READERS: dict[tuple[str, str], Callable[[Any], list[GroupSchedule]]] = {
    ("timm", name): _of_timm for name in (*TIMM, "MultiStepLRScheduler")
}
