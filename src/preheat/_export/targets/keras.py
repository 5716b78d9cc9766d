"""A `LearningRateSchedule`."""

from preheat._export.dialects import Text, Words
from preheat._export.request import Request, code_for_arrays
from preheat._export.targets.numpy import ArrayRows, array_function
from preheat._export.targets.python import joined

__all__ = ["write"]


class KerasRows(ArrayRows):
    """The same, with any backend of Keras."""

    searched = 'ops.searchsorted({starts}, {index}, side="right") - 1'
    unpacked = "{names} = ops.unstack(ops.take({rows}, {k}, axis=0), axis=-1)"


class Keras(Words):
    """The operations of Keras."""

    def taken(self, table: str, index: str) -> str:
        """An element of a table for each index."""
        return f'ops.take({table}, ops.cast({index}, "int32"))'

    def as_whole(self, text: Text) -> str:
        """The same numbers as whole ones."""
        return f'ops.cast({text[0]}, "uint32")'


def write(request: Request) -> str:
    """The module."""
    dialect = Keras("ops", integers='"uint32"', word='ops.array({}, "uint32")')
    dialect.pi = "pi"
    code = code_for_arrays(request, dialect, KerasRows, "{name} = ops.array({text})")
    name = "".join(word.capitalize() for word in request.name.split("_"))
    body = array_function(request, code, f"def {request.name}(step: Any) -> Any:", 'i = ops.cast(step, "float32")')
    schedule = [
        "@keras.saving.register_keras_serializable()",
        f"class {name}(keras.optimizers.schedules.LearningRateSchedule):",
        '    """The schedule, for `learning_rate=` of an optimizer."""',
        "",
        "    def __call__(self, step: Any) -> Any:",
        '        """Learning rate at update `step`, counted from 0."""',
        f"        return {request.name}(step)",
        "",
        "    def get_config(self) -> dict[str, object]:",
        '        """Nothing: the numbers are in the code."""',
        "        return {}",
    ]
    modules = ("import keras", "from keras import ops")
    imports = ["from math import pi"] if "pi" in code.used else []
    imports.append("from typing import Any")
    return joined(request.header(), imports, code, body, schedule, further=modules, word="Any")
