"""A schedule for `optax.adamw(learning_rate=...)`: a function of the count, which may be traced."""

from preheat._export.dialects import Words
from preheat._export.request import Request, code_for_arrays
from preheat._export.targets.numpy import ArrayRows, array_function
from preheat._export.targets.python import joined

__all__ = ["write"]


class JaxRows(ArrayRows):
    """The same, in JAX."""

    searched = 'jnp.searchsorted({starts}, {index}, side="right") - 1'


def write(request: Request) -> str:
    """The module."""
    code = code_for_arrays(
        request, Words("jnp", integers="jnp.uint32", word="jnp.uint32({})"), JaxRows, "{name} = jnp.array({text})"
    )
    signature = f"def {request.name}(step: jax.typing.ArrayLike) -> jax.Array:"
    first = "i = jnp.asarray(step, dtype=float)"
    body = array_function(request, code, signature, first)
    imports = ("import jax", "import jax.numpy as jnp")
    return joined(request.header(), [], code, body, further=imports, word="jax.Array")
