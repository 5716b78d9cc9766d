"""A picture that is one page."""

import json
import re

import pytest
from plotly.graph_objects import Figure

from preheat import cosine, function, warmup
from preheat._plot import html, save

PLAN = warmup(20) >> cosine(1, 0, steps=80)


def figure_in(page):
    """What the last script of a page draws."""
    return json.loads(re.search(r'newPlot\("picture", (.*)\);</script>', page)[1])  # type: ignore[index]


def test_every_value_is_in_the_page():
    (trace,) = figure_in(html(PLAN))["data"]
    assert trace["x"] == list(range(100))
    assert trace["y"] == PLAN.values()


def test_several_plans_are_told_apart_by_name_and_share_a_hover_label():
    figure = figure_in(html(PLAN, {"half": 0.5 * PLAN}))
    assert [trace["name"] for trace in figure["data"]] == [
        "linear(0, 1, steps=20) &gt;&gt; cosine(1, 0, steps=80)",
        "half",
    ]
    assert figure["layout"]["hovermode"] == "x unified"


@pytest.mark.parametrize(
    ("log", "active", "kinds"), [("", 0, ("linear", "linear")), ("y", 1, ("linear", "log")), ("xy", 3, ("log", "log"))]
)
def test_axes_are_linear_or_logarithmic_and_buttons_change_them(log, active, kinds):
    layout = figure_in(html(PLAN, log=log))["layout"]
    assert (layout["xaxis"]["type"], layout["yaxis"]["type"]) == kinds
    (menu,) = layout["updatemenus"]
    assert menu["active"] == active
    assert menu["buttons"][active]["args"] == [{"xaxis.type": kinds[0], "yaxis.type": kinds[1]}]


def test_plotly_knows_every_property():
    figure = figure_in(html(PLAN, title="a < b"))
    assert Figure(data=figure["data"], layout=figure["layout"]).layout.title.text == "a &lt; b"


def test_a_page_asks_for_nothing_from_elsewhere():
    page = html(PLAN)
    outside = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)=", outside)
    assert "<script src" not in page
    assert page.count("Plotly.newPlot(") >= 1


def test_no_text_ends_the_script_or_becomes_a_tag():
    page = html({"</script><b>": PLAN}, title="<i>")
    assert "</script><b>" not in page
    assert "<title>&lt;i&gt;</title>" in page


def test_a_page_is_written_to_a_file_in_the_unit_that_is_asked(tmp_path):
    save(tmp_path / "plan.html", PLAN, tokens_per_step=1_000)
    figure = figure_in((tmp_path / "plan.html").read_text("utf-8"))
    assert figure["data"][0]["x"][-1] == 99_000
    assert figure["layout"]["xaxis"]["title"]["text"] == "tokens before the update (1000 each)"


def test_a_function_of_the_callers_own_is_drawn_at_whole_updates():
    asked: list[float] = []
    html(function(lambda i: asked.append(i) or 1.0, steps=4))  # type: ignore[func-returns-value]
    assert asked == [0, 1, 2, 3]


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match=r"^html\(log='z'\): log must be one of '', 'x', 'y', 'xy'$"):
        html(PLAN, log="z")
