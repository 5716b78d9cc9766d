"""What the README says of every experiment, from what is kept."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from experiments._report import Claim, sentence, shown

__all__ = ["page", "write"]

HERE = Path(__file__).parent
MARK = "<!-- written by `python -m experiments` from results/*.json: edit nothing below -->\n"


def page(folder: Path = HERE / "results") -> str:
    """A table of all experiments that have results, then each with its figures and claims."""
    kept = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    reports = {name: content["report"] for name, content in kept.items() if "claims" in content.get("report", {})}
    order = sorted(reports, key=lambda name: (reports[name]["place"], name))
    parts = [_table(order, reports), *(_section(name, kept[name], folder) for name in order)]
    return "\n".join(parts) + "\n"


def _table(order: Iterable[str], reports: dict[str, Any]) -> str:
    head = ["| experiment | question | expected → ours | claims that hold | time |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(_line(name, reports[name]) for name in order)])


def _line(name: str, report: dict[str, Any]) -> str:
    claims = report["claims"]
    first = next((row for row in report["rows"] if row["expected"] is not None), report["rows"][0])
    figure = f"{first['what']}: {shown([first['expected']]) or 'none'} → {shown(_numbers(first['ours']))}"
    holding = f"{sum(claim['holds'] for claim in claims)} of {len(claims)}"
    return f"| [{name}](#{name}) | {report['question']} | {figure} | {holding} | {_time(report['seconds'])} |"


def _section(name: str, content: dict[str, Any], folder: Path) -> str:
    report, versions = content["report"], ", ".join(f"{name} {number}" for name, number in content["versions"].items())
    rows = (
        f"| {row['what']} | {shown([row['expected']])} | {shown(_numbers(row['ours']))} |" for row in report["rows"]
    )
    claims = (f"- {sentence(Claim(**claim))}" for claim in report["claims"])
    picture = [f"\n![{name}](results/{name}.png)"] if (folder / f"{name}.png").exists() else []
    head = [
        f"\n## {name}\n\n{report['question']} `{report['command']}`, {_time(report['seconds'])}; {versions}.",
        f"Source: {report['source']}.\n",
        f"| {report['unit']} | expected | ours, a seed each |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows, "", *claims, *picture])


def _numbers(kept: Iterable[float | None]) -> list[float]:
    """As they were before they were kept: null stands for infinite."""
    return [float("inf") if number is None else number for number in kept]


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


def write() -> None:
    """Put it into the README, behind the mark."""
    readme = HERE / "README.md"
    head = readme.read_text(encoding="utf-8").partition(MARK)[0]
    readme.write_text(f"{head}{MARK}\n{page()}", encoding="utf-8")
