"""The peers' schedules under their own names: what all of `preheat.like` has in common."""

import subprocess
import sys

import pytest

import preheat


def test_like_is_an_attribute_that_waits_until_it_is_asked_for():
    code = """
import sys, preheat
assert "preheat.like" not in sys.modules
assert preheat.like.torch.LinearLR(0.5, total_iters=2).values() == [0.5, 0.75]
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_any_other_attribute_is_an_error():
    with pytest.raises(AttributeError, match=r"^module 'preheat' has no attribute 'likely'$"):
        preheat.likely  # type: ignore[attr-defined]  # noqa: B018  # it is the asking that fails
