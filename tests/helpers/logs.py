"""What a framework's own loggers must hold of a schedule: tests that its file inherits, and readers of their files.

It imports the loggers where it uses them: `make test` looks for examples in every module here, and has none of them.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from struct import unpack_from
from typing import ClassVar

import pytest

from contract import STOP, Run

COOLED = STOP + 6  # updates of a run that is cooled down at STOP
OFFLINE = {
    "WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_CONSOLE": "off", "WANDB_DISABLE_GIT": "true",
    "WANDB_X_DISABLE_STATS": "true",
}  # fmt: skip
BLOCK = 32768
WHOLE, LAST = 1, 4  # kinds of a part of a record


def cool(scheduler):
    """What is done to the scheduler at STOP."""
    scheduler.cooldown(COOLED - STOP, end=0.1, shape="linear")


def of_tensorboard(folder):
    """What each tag of the event files holds: steps, and values or texts."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    held = {}
    for path in {file.parent for file in folder.rglob("events.out.tfevents*")}:
        events = EventAccumulator(str(path), {"tensors": 0, "scalars": 0}).Reload()
        for tag in events.Tags()["scalars"]:
            held[tag] = [(one.step, one.value) for one in events.Scalars(tag)]
        for tag in events.Tags()["tensors"]:
            texts = [(one.step, one.tensor_proto.string_val[0].decode()) for one in events.Tensors(tag)]
            held[tag.removesuffix("/text_summary")] = texts
    return held


def of_wandb(folder):
    """The same of the file of a run of W&B that has not been sent."""
    from wandb.proto.wandb_internal_pb2 import Record

    held = defaultdict(list)
    (path,) = folder.rglob("*.wandb")
    for record in map(Record.FromString, _records(path.read_bytes())):
        row = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
        step = next((value for name, value in row.items() if name.endswith("/global_step")), row.get("_step"))
        for name, value in row.items():
            held[name].append((step, value))
    return held


def _records(data):
    """The records of a log in the format of LevelDB, behind W&B's own seven bytes.

    See https://github.com/google/leveldb/blob/main/doc/log_format.md.
    """
    at, parts = 7, b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:  # too small for a header
            at += BLOCK - at % BLOCK
            continue
        _, size, kind = unpack_from("<IHB", data, at)
        parts += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in {WHOLE, LAST}:
            yield parts
            parts = b""


READERS = {"tensorboard": of_tensorboard, "wandb": of_wandb}


class Logs:
    """The tests; a subclass says how a run goes.

    `log(folder, to)` makes COOLED updates, with `cool(scheduler)` after STOP, logs to `"tensorboard"` or `"wandb"`
    through the framework's own logger, and returns the `Run`.
    """

    first: int = 0  # what the framework calls the first update
    before: str = ""  # what it puts before a name
    log: ClassVar[Callable[..., Run]]

    @pytest.fixture(scope="class", params=list(READERS))
    @classmethod
    def logged(cls, request, tmp_path_factory):
        import wandb

        folder = tmp_path_factory.mktemp(request.param)
        with pytest.MonkeyPatch.context() as patch:
            for name in ("DIR", "DATA_DIR", "CACHE_DIR", "CONFIG_DIR"):
                patch.setenv(f"WANDB_{name}", str(folder))
            for name, value in OFFLINE.items():
                patch.setenv(name, value)
            run = cls.log(folder, request.param)
            wandb.teardown()
        held = READERS[request.param](folder)
        return run, {name.removeprefix(cls.before): values for name, values in held.items()}

    def test_what_is_logged_is_what_each_update_used(self, logged):
        run, held = logged
        assert held["lr/0"] == [(self.first + i, pytest.approx(lr, rel=1e-7)) for i, lr in enumerate(run.lrs)]
        assert len(run.lrs) == COOLED

    def test_the_phase_of_each_update_is_logged(self, logged):
        assert [value for _, value in logged[1]["phase/lr"]] == [0] * 4 + [1] * 8 + [2] * 6

    def test_where_a_phase_begins_and_the_plan_is_changed_there_is_a_text(self, logged):
        said = [(step, line) for step, text in logged[1]["plan"] for line in text.splitlines()]
        assert [(step - self.first, line.partition(",")[0]) for step, line in said] == [
            (0, "lr: phase 0"),
            (4, "lr: phase 1"),
            (12, "lr: changed at update 12 to linear(0.6890576474687263"),
            (12, "lr: phase 2"),
        ]
