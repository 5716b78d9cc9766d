"""The processes of `torch.distributed`: what each of them holds, and whether all stand at the same place."""

from typing import Any, TypeVar

from torch import distributed

__all__ = ["all_gather", "compare"]

T = TypeVar("T")


def all_gather(who: str, value: T) -> list[T]:
    """The value of each rank, in order; every rank must ask.

    Raises:
        RuntimeError: there is no process group.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        raise RuntimeError(
            f"{who}: torch.distributed must be initialised; call torch.distributed.init_process_group() first"
        )
    values: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(values, value)
    return values


def compare(state: dict[str, Any]) -> None:
    """Gather the states of all ranks; all of them raise if one differs.

    Raises:
        RuntimeError: there is no process group, or a rank's state differs from that of rank 0; the message names the
            rank and what differs.
    """
    first, *others = all_gather("check_ranks()", state)
    for rank, other in enumerate(others, 1):
        for key, value in first.items():
            if other[key] != value:
                raise RuntimeError(
                    f"check_ranks(): rank {rank} must agree with rank 0; its {key} is {other[key]!r:.200}, "
                    f"that of rank 0 is {value!r:.200}"
                )
