"""What libraries of configuration ask of a plan: to be a field that is written as its text.

Dataclasses, OmegaConf, Hydra and jsonargparse ask nothing of the class. pydantic asks how to read and to write it; the
answer stands here and not in `Plan`, for it reads text.
"""

import sys
from functools import partial
from typing import Any

from preheat._fields import short_repr
from preheat._language.parser import parse, required_text
from preheat._plan import Plan

__all__ = ["pydantic_schema"]


def pydantic_schema(kind: type[Plan], source: object, handler: object) -> Any:
    """A plan or its text is read; in JSON a plan is its text."""
    del kind, source, handler
    schemas = sys.modules["pydantic_core"].core_schema  # it asks, so it is there; it is never imported from here
    text = schemas.str_schema()
    written = schemas.plain_serializer_function_ser_schema(
        partial(required_text, "model_dump_json"), return_schema=text, when_used="json"
    )
    return schemas.no_info_plain_validator_function(_read, json_schema_input_schema=text, serialization=written)


def _read(given: object) -> Plan:
    """A plan, from itself or its text; anything else is a ValueError, for pydantic to report."""
    if isinstance(given, Plan):
        return given
    if not isinstance(given, str):
        raise ValueError(f"plan={short_repr(given)}: plan must be a plan or its text")  # noqa: TRY004  # as pydantic asks
    return parse(given)


Plan.__get_pydantic_core_schema__ = classmethod(pydantic_schema)  # type: ignore[attr-defined]  # see above
