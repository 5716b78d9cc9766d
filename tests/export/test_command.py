"""`preheat export`, and the page that is made with it."""

import without_preheat

from preheat import export, noam
from terminal import piped


def test_it_prints_the_code():
    assert piped("export", "0.5 * noam(512, 4000)", "--lr", "plan") == (0, export(0.5 * noam(512, 4000), lr=True), "")


def test_it_writes_a_file(tmp_path):
    path = tmp_path / "schedule.py"
    options = ("--to", "numpy", "--lr", "3e-4", "--name", "rate", "-o", str(path), "--total-steps", "100")
    assert piped("export", 'warmup("10%") >> constant(1)', *options) == (0, "", "")
    assert "def rate(step: npt.ArrayLike)" in path.read_text("utf-8")


def test_what_is_wrong_is_one_line():
    status, out, err = piped("export", "noam(512, 4000)", "--to", "optx")
    assert (status, out) == (2, "")
    assert err.endswith("did you mean 'optax'?\n")
    assert piped("export", "noam(512, 4000)", "--lr", "high")[2] == '--lr high: it must be a number, or "plan"\n'


def test_the_page_is_what_its_script_writes():
    assert without_preheat.PAGE.read_text("utf-8") == without_preheat.page(), "run `make generated`"
