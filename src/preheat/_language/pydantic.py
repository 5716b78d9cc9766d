"""A plan as a pydantic field, which is written as the plan's text.

Dataclasses, OmegaConf, Hydra and jsonargparse need no such hook. It is not part of `Plan`, since it reads text.
"""

import sys
from functools import partial
from typing import Any

from preheat._fields import short_repr
from preheat._language.parser import parse, required_text
from preheat._plan import Plan

__all__ = ["schema"]


def schema(kind: type[Plan], source: object, handler: object) -> Any:
    """The pydantic schema: it takes a plan or its text, and writes the text to JSON."""
    del kind, source, handler
    schemas = sys.modules["pydantic_core"].core_schema  # loaded, since pydantic calls this; preheat never imports it
    text = schemas.str_schema()
    written = schemas.plain_serializer_function_ser_schema(
        partial(required_text, "model_dump_json"), return_schema=text, when_used="json"
    )
    return schemas.no_info_plain_validator_function(_read, json_schema_input_schema=text, serialization=written)


def _read(given: object) -> Plan:
    """The plan, from itself or its text; anything else is a ValueError, which pydantic reports."""
    if isinstance(given, Plan):
        return given
    if not isinstance(given, str):
        raise ValueError(f"plan={short_repr(given)}: plan must be a plan or its text")  # noqa: TRY004  # as pydantic asks
    return parse(given)
