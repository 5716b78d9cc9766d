"""`layerwise`: the published rules, with names that a mapping can use."""

from math import inf, nan
from typing import Any

import pytest
import torch
from torch import nn

from preheat import constant, warmup
from preheat.torch import Scheduler, layerwise

LAYERS = 4


class Encoder(nn.Module):
    """Embeddings, layers and a head, under the names that the rules look at."""

    def __init__(self):
        super().__init__()
        self.embeddings = nn.Embedding(3, 2)
        self.layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(LAYERS))
        self.head = nn.Linear(2, 1)


def depth_of(name, head):
    """Embeddings at 0, layer `i` at `i + 1`, the head where the rule has it."""
    kind, number, *_ = name.split(".")
    return {"embeddings": 0, "head": head}.get(kind) if kind != "layers" else int(number) + 1


def electra(name):
    return depth_of(name, LAYERS + 2)


def beit(name):
    return depth_of(name, LAYERS + 1)


def lrs_of(model, groups):
    """The lr of each parameter, by its name."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {names[id(one)]: group["lr"] for group in groups for one in group["params"]}


def test_electras_rule():
    model, lr, decay = Encoder(), 1e-4, 0.8
    lrs = lrs_of(model, layerwise(model, electra, lr=lr, decay=decay))
    assert lrs == {name: pytest.approx(lr * decay ** (LAYERS + 2 - electra(name)), rel=1e-15) for name in lrs}
    assert lrs["head.weight"] == lr
    assert lrs["layers.3.weight"] == pytest.approx(lr * decay**2)  # one power is left out below the head
    assert lrs["embeddings.weight"] == pytest.approx(lr * decay**6)


def test_beits_rule():
    model, lr, decay = Encoder(), 5e-4, 0.65
    lrs = lrs_of(model, layerwise(model, beit, lr=lr, decay=decay))
    scales = [decay ** (LAYERS + 1 - depth) for depth in range(LAYERS + 2)]  # as its table has them
    assert lrs == {name: pytest.approx(lr * scales[beit(name)], rel=1e-15) for name in lrs}


def test_a_floor_is_the_smallest_share_of_the_lr():
    groups = layerwise(Encoder(), beit, lr=0.1, decay=0.5, floor=0.2)
    assert [group["lr"] for group in groups] == pytest.approx([0.02, 0.02, 0.02, 0.025, 0.05, 0.1])


def test_every_parameter_is_in_one_group():
    model = Encoder()
    grouped = [parameter for group in layerwise(model, beit, lr=0.1, decay=0.5) for parameter in group["params"]]
    assert sorted(map(id, grouped)) == sorted(map(id, model.parameters()))


def test_groups_go_from_the_input_to_the_output_under_names_of_their_own():
    names = [group["name"] for group in layerwise(Encoder(), electra, lr=0.1, decay=0.5)]
    assert names == ["depth 0", "depth 1", "depth 2", "depth 3", "depth 4", "depth 6"]


def test_frozen_parameters_are_left_out():
    model = Encoder()
    model.embeddings.requires_grad_(requires_grad=False)
    groups = layerwise(model, beit, lr=0.1, decay=0.5)
    assert [group["name"] for group in groups] == ["depth 1", "depth 2", "depth 3", "depth 4", "depth 5"]


def test_freezing_the_head_leaves_the_lr_of_the_layers_as_it_was():
    model = Encoder()
    before = lrs_of(model, layerwise(model, electra, lr=0.1, decay=0.5))
    model.head.requires_grad_(requires_grad=False)
    after = lrs_of(model, layerwise(model, electra, lr=0.1, decay=0.5))
    assert after == {name: lr for name, lr in before.items() if "head" not in name}


def test_a_decay_of_1_gives_every_layer_the_same():
    assert {group["lr"] for group in layerwise(Encoder(), beit, lr=0.1, decay=1)} == {0.1}


def test_a_plan_multiplies_the_lr_of_each_layer():
    optimizer = torch.optim.AdamW(layerwise(Encoder(), beit, lr=0.5, decay=0.5))
    scheduler = Scheduler(optimizer, warmup(4) >> constant(1))
    assert scheduler.get_last_lr() == [0.5 * 0.5**k * 0.25 for k in (5, 4, 3, 2, 1, 0)]


def test_a_mapping_finds_a_layer_by_its_name():
    optimizer = torch.optim.AdamW(layerwise(Encoder(), beit, lr=0.5, decay=0.5))
    scheduler = Scheduler(optimizer, {"depth 0": None, "depth 5": constant(0.5), "*": constant(1)})
    assert scheduler.get_last_lr() == [0.5**6, 0.5**5, 0.5**4, 0.5**3, 0.5**2, 0.25]


def test_a_shared_parameter_goes_where_its_first_name_is():
    model = Encoder()
    model.head.weight = model.get_parameter("layers.0.weight")
    lrs = lrs_of(model, layerwise(model, beit, lr=0.5, decay=0.5))
    assert lrs["layers.0.weight"] == 0.5**5


BAD: dict[str, list[Any]] = {
    "lr": [0.0, -1.0, nan, inf, "1", None, True],
    "decay": [0.0, -0.5, 1.1, 8, nan, inf, "1", None, True],
    "floor": [-0.1, 1.1, nan, inf, "1", None, True],
    "depth_of": [None, 3, "name"],
    "model": [None, [], "model"],
}


@pytest.mark.parametrize(("name", "bad"), [(name, bad) for name, values in BAD.items() for bad in values])
def test_a_bad_argument_is_refused_by_name(name, bad):
    arguments = {"model": Encoder(), "depth_of": beit, "lr": 0.1, "decay": 0.5} | {name: bad}
    with pytest.raises((TypeError, ValueError), match=rf"^layerwise\({name}=.*\): {name} must be "):
        layerwise(**arguments)


@pytest.mark.parametrize(("depth", "kind"), [(-1, ValueError), (1.5, TypeError), (None, TypeError), ("1", TypeError)])
def test_a_bad_depth_is_refused_with_the_name_of_its_parameter(depth, kind):
    with pytest.raises(kind, match=r"layerwise\(depth_of\('embeddings.weight'\)=.*must be a whole number, 0 or more"):
        layerwise(Encoder(), lambda _: depth, lr=0.1, decay=0.5)


@pytest.mark.parametrize("model", [nn.Sequential(), nn.Linear(2, 2).requires_grad_(requires_grad=False)])
def test_a_model_with_nothing_to_train_is_refused(model):
    with pytest.raises(ValueError, match=r"layerwise\(model=.*\): model must have parameters that require gradients"):
        layerwise(model, lambda _: 0, lr=0.1, decay=0.5)
