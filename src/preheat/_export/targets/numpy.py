"""A function of an array of steps."""

from preheat._export.dialects import Arrays
from preheat._export.functions import ArrayBody
from preheat._export.request import Code, Request, code_for_arrays
from preheat._export.targets.python import joined, remark

__all__ = ["ArrayRows", "array_function", "write"]


class ArrayRows(ArrayBody):
    """Rows of a table are the columns of an array that is as wide as the plan has pieces."""

    searched = 'np.searchsorted({starts}, {index}, side="right") - 1'
    unpacked = "{names} = {rows}.T[:, {k}]"


def write(request: Request) -> str:
    """The module."""
    code = code_for_arrays(request, Arrays("np", integers="np.int64"), ArrayRows, "{name} = np.array({text})")
    signature = f"def {request.name}(step: npt.ArrayLike) -> npt.NDArray[np.float64]:"
    imports = ("import numpy as np", "import numpy.typing as npt")
    return joined(
        request.header(), [], code, array_function(request, code, signature, "i = np.asarray(step, dtype=float)"),
        further=imports, word="npt.NDArray[np.int64]",
    )  # fmt: skip


def array_function(request: Request, code: Code, signature: str, first: str) -> list[str]:
    """The function."""
    docstring = [f"    {line}" if line else "" for line in request.docstring()]
    body = [f"    {first}", *code.function]
    return [signature + remark(body), *docstring, *body]
