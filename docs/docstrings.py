"""What mkdocstrings is told of our docstrings: their examples are sessions, and a shape is called without its time."""

import re
from typing import Any

import griffe

# Lines that begin with a prompt, and those up to the next empty line: what they print.
SESSION = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Examples in fences; shapes with the signature by which they are called."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Put the examples of a docstring in fences."""
        if obj.docstring:
            obj.docstring.value = SESSION.sub(lambda found: f"```pycon\n{found[0]}\n```", obj.docstring.value)

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Take the time out of a shape's signature; what it returns is a plan."""
        if any(decorator.callable_path.rpartition(".")[2] == "shape" for decorator in func.decorators):
            del func.parameters["t"]
            func.returns = "Plan"
