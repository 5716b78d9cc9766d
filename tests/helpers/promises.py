"""What every shape promises. Each check takes the function that makes its plans, and fails in words."""

import doctest
import pickle
import re
from itertools import product
from types import ModuleType

import numpy as np
import torch

from preheat import from_json, like, parse, to_json, zero_based
from preheat._fields import short_repr
from preheat._plan import VOCABULARY

CATALOGUE = [make for make in VOCABULARY.values() if make.__module__.startswith("preheat.shapes.")]
PEERS = [module for name, module in vars(like).items() if isinstance(module, ModuleType) and name[0] != "_"]
LIKE = {(peer.__name__.rpartition(".")[2], name): getattr(peer, name) for peer in PEERS for name in peer.__all__}

BOUND = 4 * 2.0**-52
TOTALS = {"total_steps", "num_training_steps"}


def choices(make):
    """What to try for each parameter of a function: the good values of its annotation, and None where it is optional.

    A total may be longer than the good values of a length are.
    """
    parameters = make.shape.parameters if hasattr(make, "shape") else make.parameters
    optional = {name for name, parameter in parameters.signature.parameters.items() if parameter.default is None}
    return {
        name: (*((40,) if name in TOTALS else ()), *field.good, *((None,) if name in optional else ()))
        for name, field in parameters.fields.items()
    }


def samples(make):
    """Plans with the good values of each annotation, in every combination that the shape's own rules allow."""
    fields = make.shape.parameters.fields
    plans, refusal = [], None
    for values in product(*(field.good for field in fields.values())):
        try:
            plans.append(make(**dict(zip(fields, values, strict=True))))
        except ValueError as error:
            refusal = error
    assert plans, f"{make.__name__}: the good values of its annotations must make a plan, but {refusal}"
    return plans


def readings(make):
    """The sample plans in both readings, and indices that reach past the end."""
    for plan in samples(make):
        for read in (plan, zero_based(plan)):
            yield read, list(range(20 if plan.steps is None else plan.steps + 3))


def arrays(indices):
    """The indices as an array of each library that a test may import."""
    return {"NumPy": np.array(indices), "torch": torch.tensor(indices)}


def over(plan, library, array):
    """The values of a plan over an array; whatever goes wrong is the shape's fault."""
    try:
        return plan(array)
    except Exception as error:
        raise AssertionError(f"{plan!r}: must take an array of {library}, but {error}") from error


def check_its_example_is_true(make):
    name = make.__name__
    known = {**make.shape.formula.__globals__, name: make}
    example = doctest.DocTestParser().get_doctest(make.__doc__ or "", known, name, None, None)
    assert example.examples, f"{name}: its docstring must have an example, `>>> {name}(...)`"
    said: list[str] = []
    failed, _ = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert not failed, f"{name}: the example in its docstring must be true\n{''.join(said)}"


def check_it_names_its_source(make):
    assert re.search(r"^ *Source: \S", make.__doc__ or "", re.MULTILINE), f"{make.__name__}: must name its Source:"


def check_an_array_equals_its_scalars(make):
    for plan, indices in readings(make):
        scalars = np.array([plan(i) for i in indices])
        for library, array in arrays(indices).items():
            values = over(plan, library, array)
            assert type(values) is type(array), f"{plan!r}: must return an array of {library}, got {type(values)}"
            assert values.shape == array.shape, f"{plan!r}: must keep the shape {array.shape}, got {values.shape}"
            far = np.abs(np.asarray(values) - scalars).max() / np.abs(scalars).max()
            assert far <= BOUND, f"{plan!r}: an array of {library} must equal its scalars, but is {far:.2g} away"


def check_it_stays_on_the_device(make):
    for plan, indices in readings(make):
        values = over(plan, "torch's meta device", torch.tensor(indices, device="meta"))
        assert values.is_meta, f"{plan!r}: must stay on its device, got {values.device}"


def check_it_is_defined_at_its_start(make):
    for plan in samples(make):
        first = [zero_based(plan)(0)]
        first += [float(over(zero_based(plan), library, array)[0]) for library, array in arrays([0, 1]).items()]
        assert np.isfinite(first).all(), f"{plan!r}: must be finite at t=0, got {first}"


def check_it_keeps_its_end(make):
    if "end" not in make.shape.parameters.fields:
        return
    for plan in samples(make):
        end = plan._parameter("end")
        kept = [plan(plan.steps - 1), plan(plan.steps), plan(10**6), zero_based(plan)(plan.steps)]
        for library, array in arrays([plan.steps - 1, plan.steps, 10**6]).items():
            kept += [float(value) for value in over(plan, library, array)]
        assert set(kept) == {end}, f"{plan!r}: must be {end} at t=steps and after, got {set(kept)}"


def check_it_survives_text(make):
    for plan in samples(make):
        assert parse(repr(plan)) == plan, f"{plan!r}: its repr must be the text of an equal plan"


def check_it_survives_json(make):
    for plan in samples(make):
        assert from_json(to_json(plan)) == plan, f"{plan!r}: its JSON must be that of an equal plan"


def check_it_survives_pickle(make):
    for plan in samples(make):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            twin = pickle.loads(pickle.dumps(plan, protocol))
            assert twin == plan, f"{plan!r}: its pickle must be that of an equal plan"
            assert hash(twin) == hash(plan), f"{plan!r}: equal plans must have equal hashes"


def check_it_refuses_what_its_annotations_forbid(make):
    name, fields = make.__name__, make.shape.parameters.fields
    good = make.shape.parameters.signature.bind(*samples(make)[0].args, **samples(make)[0].kwargs).arguments
    for parameter, field in fields.items():
        for bad in field.bad:
            refusal = f"{name}({parameter}={short_repr(bad)}): {parameter} must be {field.words}"
            try:
                outcome = f"made {make(**{**good, parameter: bad})!r}"
            except (TypeError, ValueError) as error:
                outcome = str(error)
            assert outcome == refusal, f"{name}: must refuse {parameter} in the words of its annotation, but {outcome}"


def check_it_depends_on_nothing_but_the_update(make):
    for plan, indices in readings(make):
        asked = [plan(i) for i in indices]
        again = [plan(i) for i in reversed(indices)][::-1]
        assert asked == again, f"{plan!r}: must have one value for each update, whatever was asked before"


CHECKS = [check for name, check in globals().items() if name.startswith("check_")]
