"""The demo, with a model so small that it trains at once."""

import math
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg

from preheat.demo.model import ByteModel
from preheat.demo.picture import picture
from preheat.demo.plans import entries
from preheat.demo.report import table, verdict
from preheat.demo.settings import LENGTH, PEAK, Settings
from preheat.demo.text import Text, library_text
from preheat.demo.train import Run, train
from terminal import MAIN

TINY = Settings(steps=6, threads=1, layers=1, width=16, batch=4)
SMALL = ("--threads", "1", "--layers", "1", "--width", "16", "--batch", "4")
COMMAND = (sys.executable, "-c", MAIN, "demo", *SMALL)


@pytest.fixture(scope="module")
def text():
    return library_text()


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def trained(text, settings=TINY):
    runs = []
    for entry in entries(settings):
        runs.append(Run(entry.name, entry.expression))
        for _ in train(runs[-1], entry, settings, text):
            pass
    return runs


@pytest.fixture(scope="module")
def runs(text):
    return trained(text)


def full(final_loss=2.25):
    """Runs as long as the default's, not trained."""
    settings = Settings()
    values = [(entry, entry.plan.values(settings.steps)) for entry in entries(settings)]
    return [Run(entry.name, entry.expression, lrs, [3.0] * len(lrs), final_loss) for entry, lrs in values]


def test_a_seed_gives_the_same_losses_each_time(text, runs):
    assert [run.losses for run in trained(text)] == [run.losses for run in runs]


def test_another_seed_gives_others(text, runs):
    assert trained(text, replace(TINY, steps=1, seed=1))[0].losses[0] != runs[0].losses[0]


def test_every_plan_starts_from_the_same_weights_and_the_same_batch(runs):
    assert len({run.losses[0] for run in runs}) == 1


def test_the_learning_rates_recorded_are_those_of_the_plan(runs):
    assert runs[0].lrs == [PEAK] * 6
    assert runs[1].lrs == entries(TINY)[1].plan.values(6)
    assert runs[2].lrs == [PEAK * value for value in entries(TINY)[2].plan.values()]


def test_every_plan_reaches_the_same_peak(runs):
    assert [max(run.lrs) for run in runs] == pytest.approx([PEAK] * 3, rel=1e-15)


@pytest.mark.parametrize("steps", [1, 2, 3, 99, 250, 1000])
def test_the_cosine_ends_with_the_run(steps):
    assert entries(Settings(steps=steps))[2].plan.steps == steps


def test_the_model_does_not_see_what_is_to_come():
    model = ByteModel(layers=2, width=16)
    x = torch.zeros(1, LENGTH, dtype=torch.long)
    changed = x.clone()
    changed[0, 40:] = 7
    same = (model(x) - model(changed)).abs().amax(dim=(0, 2)) < 1e-6
    assert same.tolist() == [True] * 40 + [False] * 24


def test_the_text_is_the_same_each_time(text):
    assert library_text().digest == text.digest
    assert text.held_out not in text.train


def test_the_entropy_is_that_of_the_bytes():
    assert Text(bytes(range(256)), b"").entropy() == pytest.approx(math.log(256))
    assert Text(b"aaaa", b"aa").entropy() == 0


def test_a_python_without_sources_is_told_so(monkeypatch, tmp_path):
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    with pytest.raises(ValueError, match=r"demo\(text=.*\): the folder must hold the sources of Python's standard"):
        library_text()


@pytest.mark.parametrize(
    ("final_loss", "words"),
    [
        (2.2, "learned"),
        (3.2, "no better than byte frequencies"),
        (4.0, "no better than byte frequencies"),
        (5.7, "diverged"),
        (math.nan, "diverged"),
        (None, "interrupted after 1 updates"),
    ],
)
def test_the_verdict_compares_the_final_loss_with_the_entropy(final_loss, words):
    assert verdict(Run("", "", losses=[5.6], final_loss=final_loss), entropy=3.1) == words


def test_the_lowest_loss_is_not_called_a_failure_after_a_short_run(runs):
    words = {verdict(run, entropy=0.1) for run in runs}
    assert words == {"no better than byte frequencies"}


def test_the_table_fits_80_columns_and_clips_nothing():
    shown = table([*full(final_loss=3.13), *full(math.nan), *full(None), Run("no warm-up", "constant(1)")], 3.1)
    assert max(map(len, shown.splitlines())) <= 80
    for part in ("lr=0.33941125496954283 * noam(128, 100)", "linear(0, 1, steps=100) >> cosine(1, 0.1, steps=150)"):
        assert part in shown


def test_the_axes_say_their_units_and_the_legend_lies_inside_the_picture():
    figure = picture(full(), entropy=3.1)
    FigureCanvasAgg(figure).draw()
    rates, losses = figure.axes
    assert "per update" in rates.get_ylabel()
    assert "nats per byte" in losses.get_ylabel()
    assert "update" in losses.get_xlabel()
    (legend,) = figure.legends
    labels = [label.get_text() for label in legend.get_texts()]
    assert labels[:3] == [f"{run.name}: {run.expression}" for run in full()]
    assert legend.get_window_extent().x1 <= figure.bbox.x1


@pytest.mark.parametrize("diverged", [[math.nan] * 3, [5.5, math.inf, math.nan], []])
def test_a_run_that_diverged_or_has_not_begun_is_drawn_too(diverged):
    run = Run("no warm-up", "constant(1)", [0.003] * len(diverged), diverged, None)
    FigureCanvasAgg(picture([run], entropy=3.1)).draw()


def test_it_prints_plain_lines_and_leaves_a_picture_in_the_folder(tmp_path):
    done = subprocess.run(
        [*COMMAND, "--steps", "6", "--out", str(tmp_path / "new")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not {"\x1b", "\r"} & set(done.stdout)
    assert "the paper's: update 6 of 6, loss " in done.stdout
    assert done.stdout.endswith(f"Wrote {tmp_path / 'new' / 'preheat-demo.png'}\n")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["preheat-demo.png"]
    assert (tmp_path / "new" / "preheat-demo.png").read_bytes().startswith(b"\x89PNG")


def test_ctrl_c_reports_what_was_done_and_exits_130(tmp_path):
    command = [*COMMAND, "--steps", "300", "--out", str(tmp_path)]
    listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # even in the background
    command[2] = listening + command[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "the paper's: update 60 of" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    _, _, report = out.partition("Interrupted; this is what was done:\n")
    _, finished, _, interrupted, *_ = report.strip().splitlines()
    assert finished.startswith("no warm-up ")
    assert "interrupted after" not in finished
    assert 60 <= int(interrupted.partition("interrupted after ")[2].split()[0]) < 300
    assert (tmp_path / "preheat-demo.png").read_bytes().startswith(b"\x89PNG")
