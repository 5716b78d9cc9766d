"""The demo, with a model so small that it trains at once."""

import io
import json
import math
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from rich.console import Console

from preheat.demo._job import interruptible, train
from preheat.demo._model import ByteModel
from preheat.demo._picture import picture
from preheat.demo._plans import entries
from preheat.demo._record import Run, save
from preheat.demo._settings import LENGTH, PEAK, Settings
from preheat.demo._show import table
from preheat.demo._text import Text, library_text
from preheat.demo._together import together
from preheat.demo._train import machine

TINY = Settings(steps=6, threads=1, layers=1, width=16, batch=4)
MAIN = "from preheat.cli import main; main()"
SMALL = ("--threads", "1", "--layers", "1", "--width", "16", "--batch", "4")
COMMAND = (sys.executable, "-c", MAIN, "demo", *SMALL)


@pytest.fixture(scope="module")
def text():
    return library_text()


def trained(text, settings=TINY):
    with machine(settings):
        return train(settings, text, entries(settings), lambda _: None, lambda: False)


@pytest.fixture(scope="module")
def runs(text):
    return trained(text)


def written(folder):
    return json.loads((folder / "preheat-demo.json").read_text(encoding="utf-8"))


def printed(runs, width=80):
    screen = io.StringIO()
    Console(file=screen, width=width).print(table(runs, entropy=3.1))
    return screen.getvalue()


def full(seed=0, final_loss=2.25):
    """Runs as long as the default's, not trained."""
    settings = Settings()
    values = [entry.plan.values(settings.steps) for entry in entries(settings)]
    return [
        Run(entry.name, entry.expression, seed, lrs, [3.0] * len(lrs), final_loss)
        for entry, lrs in zip(entries(settings), values, strict=True)
    ]


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


def test_several_seeds_are_whole_triples_in_turn(text):
    names = [(run.seed, run.plan) for run in trained(text, replace(TINY, steps=1, seed=5, seeds=2))]
    assert names == [(seed, entry.name) for seed in (5, 6) for entry in entries(TINY)]


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
    assert Text(bytes(range(256)), b"", files=1).entropy() == pytest.approx(math.log(256))
    assert Text(b"aaaa", b"aa", files=2).entropy() == 0


def test_a_python_without_sources_is_told_so(monkeypatch, tmp_path):
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    with pytest.raises(ValueError, match=r"demo\(text=.*\): the folder must hold the sources of Python's standard"):
        library_text()


@pytest.mark.parametrize(
    ("final_loss", "verdict"),
    [
        (2.2, "learned"),
        (3.2, "collapsed: no better than byte frequencies"),
        (4.0, "unfinished: worse than byte frequencies"),
        (5.7, "diverged"),
        (math.nan, "diverged"),
        (None, "interrupted; updates done: 1"),
    ],
)
def test_the_verdict_compares_the_final_loss_with_the_entropy(final_loss, verdict):
    assert Run("", "", seed=0, losses=[5.6], final_loss=final_loss).verdict(entropy=3.1) == verdict


def test_the_numbers_are_plain_json_even_where_a_run_diverged(tmp_path, text):
    diverged = Run("no warm-up", "constant(1)", 0, [0.003] * 3, [5.5, math.inf, math.nan], math.nan, 1.5)
    save(tmp_path / "preheat-demo.json", TINY, text, [diverged])
    assert written(tmp_path)["runs"] == [
        {"plan": "no warm-up", "expression": "constant(1)", "seed": 0, "lrs": [0.003] * 3, "losses": [5.5, None, None],
         "final_loss": None, "seconds": 1.5, "verdict": "diverged"},
    ]  # fmt: skip


def test_the_table_fits_80_columns_and_clips_nothing():
    shown = printed([*full(final_loss=3.13), *full(1, 2.25), *full(2, 5.0)])
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    for part in ("lr=0.33941125496954283 *", "linear(0, 1, steps=100) >>", "cosine(1, 0.1, steps=150)", "2.25 to 5.00"):
        assert part in shown


def test_the_axes_say_their_units_and_the_legend_lies_inside_the_picture():
    figure = picture([*full(0), *full(1)], entropy=3.1)
    FigureCanvasAgg(figure).draw()
    rates, losses = figure.axes
    assert "per update" in rates.get_ylabel()
    assert "nats per byte" in losses.get_ylabel()
    assert "update" in losses.get_xlabel()
    (legend,) = figure.legends
    assert [words.get_text() for words in legend.get_texts()][:3] == [f"{r.plan}: {r.expression}" for r in full()]
    assert legend.get_window_extent().x1 <= figure.bbox.x1


def test_a_pipe_gets_plain_lines_and_a_folder_both_files(tmp_path):
    done = subprocess.run(
        [*COMMAND, "--steps", "6", "--out", str(tmp_path / "new")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout
    assert "the paper's: update 6 of 6, loss " in done.stdout
    assert (tmp_path / "new" / "preheat-demo.png").read_bytes().startswith(b"\x89PNG")
    content = written(tmp_path / "new")
    assert [len(run["losses"]) for run in content["runs"]] == [6, 6, 6]
    assert f"k = {content['k']:.6g}, with which" in done.stdout
    assert f"{content['text']['unigram_entropy']:.3f}" in done.stdout


def test_ctrl_c_keeps_what_was_done_and_exits_130(tmp_path):
    steps = 5 * 60
    command = [*COMMAND, "--steps", str(steps), "--out", str(tmp_path)]
    listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # even in the background
    command[2] = listening + command[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "the paper's: update 60 of" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    whole, part = written(tmp_path)["runs"]
    done = len(part["losses"])
    assert (len(whole["losses"]), len(part["lrs"])) == (steps, done)
    assert 60 <= done < steps
    assert part["verdict"] == f"interrupted; updates done: {done}"
    assert "Interrupted; this is what was done:" in out
    assert written(tmp_path)["interrupted"] is True
    assert (tmp_path / "preheat-demo.png").exists()


def test_a_batch_that_processes_cannot_share_evenly_is_refused(monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "as torchrun sets it")
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(ValueError, match="batch must be") as caught, together(TINY):
        pass
    assert str(caught.value) == "demo(batch=4): batch must be a multiple of 3, the number of processes"


def test_a_second_ctrl_c_stops_at_once():
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as stopped:
        assert not stopped()
        signal.raise_signal(signal.SIGINT)
        assert stopped()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
