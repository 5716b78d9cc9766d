"""Gathers the pages of the book in .book: `make docs`. What is kept elsewhere is put in its place, nothing twice.

The pages of docs/ are read on a code host as they are. Beside them the book has the README as its first page, the
examples with what they print, and the public names with their docstrings. Links between them are turned.
"""

import ast
import inspect
import io
import logging
import os
import pkgutil
import re
import runpy
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stdout
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from preheat import like

ROOT = Path(__file__).parents[1]
PAGES = ROOT / ".book" / "pages"

# Pages that are kept outside of docs/, and their places in the book.
ELSEWHERE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
    "experiments/README.md": "experiments.md",
}
# The public modules, and what each page of the reference says first.
PUBLIC = {
    "preheat": "Plans, and what is done with them. It imports neither PyTorch nor NumPy.",
    "preheat.shapes": "The shapes, and what the author of one imports.",
    "preheat.recipes": "Names for longer expressions. All of them are names of `preheat`, too.",
    "preheat.torch": "Plans at work in PyTorch.",
    "preheat.theory": "What is known of a plan without training.",
}
EDGES = [f"preheat.integrations.{name}" for name in ("ignite", "lightning", "loop", "transformers")]  # not imported

# A fenced block: its indentation, its fence, its language and its lines.
BLOCK = re.compile(
    r"^(?P<indent> *)(?P<fence>```+|~~~+) *(?P<language>[\w+-]*)[^\n]*\n(?P<code>.*?)^ *(?P=fence)[`~]* *$",
    re.DOTALL | re.MULTILINE,
)
LINK = re.compile(r"\[(?P<words>[^\]]*)\]\((?P<target>[^)\s]+)\)|src=\"(?P<source>[^\"]+)\"")


def example_page(example: Path) -> str:
    """What an example says, its code, and what it prints."""
    text = example.read_text("utf-8")
    said = ast.get_docstring(ast.parse(text)) or ""
    code = text[text.index('"""', 3) + 3 :].strip()
    name = example.stem.partition("_")[2].replace("_", " ")
    parts = [
        f"# {name[0].upper()}{name[1:]}\n\n{said}",
        f"```python\n{code}\n```",
        "It prints:",
        f"```text\n{printed(example)}```",
        f"The file: `examples/{example.name}`.",
    ]
    return "\n\n".join(parts) + "\n"


def printed(example: Path) -> str:
    """What an example prints, run in an empty folder."""
    out = io.StringIO()
    with TemporaryDirectory() as folder, chdir(folder), redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch's own, when it compiles
        runpy.run_path(str(example), run_name="__main__")
    return out.getvalue()


def reference(module: str, first: str) -> str:
    """The page of a public module: each of its names, in its place in the source."""
    entries = [f"::: {path}" for _, path in sorted(public(module))]
    return "\n\n".join([f"# `{module}`", first, *entries]) + "\n"


def peers() -> str:
    """The page of `preheat.like`, each peer under its name."""
    parts = ["# `preheat.like`", "The schedules of other libraries, under their own names."]
    for info in pkgutil.iter_modules(like.__path__, "preheat.like."):
        if not info.name.startswith("preheat.like._"):
            parts.append(f"## `{info.name}`")
            parts += [f"::: {path}\n    options: {{ heading_level: 3 }}" for _, path in sorted(public(info.name))]
    return "\n\n".join(parts) + "\n"


def public(module: str) -> Iterator[tuple[str, str]]:
    """The public functions and classes of a module, and where each is defined."""
    others = [import_module(other) for other in PUBLIC if other != module] if module == "preheat" else []
    there = import_module(module)
    for name in there.__all__:
        made = getattr(there, name)
        if inspect.isroutine(made) or inspect.isclass(made):
            elsewhere = any(name in other.__all__ and getattr(other, name) is made for other in others)
            if made.__module__.startswith("preheat") and made.__module__ != "preheat._math" and not elsewhere:
                yield name, f"{made.__module__}.{made.__name__}"


def place(path: Path) -> str | None:
    """Where the book has a file of the repository; None if it does not."""
    name = path.relative_to(ROOT).as_posix()
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    if name.startswith("docs/"):
        return name.removeprefix("docs/")
    if re.fullmatch(r"examples/\d\d_\w+\.py", name):
        return name.removesuffix(".py") + ".md"
    beside = name.startswith(("examples/", "LICENSE")) or path.suffix == ".png"
    return name if path.is_file() and beside else None


def turned(text: str, page: Path) -> str:
    """The text of a page with its links as they are in the book; where a link leads out of it, its words alone."""
    here = Path(place(page) or "").parent

    def link(found: re.Match[str]) -> str:
        target = found["target"] or found["source"]
        file, _, anchor = target.partition("#")
        if not file or re.match(r"[a-z]+:", target):
            return found[0]
        there = place((page.parent / file).resolve())
        if there is None:
            return found["words"]
        return found[0].replace(target, os.path.relpath(there, here) + ("#" + anchor if anchor else ""))

    return outside_blocks(text, lambda prose: LINK.sub(link, prose))


def outside_blocks(text: str, change: Callable[[str], str]) -> str:
    """A page with its prose changed and its blocks as they are."""
    parts, at = [], 0
    for block in BLOCK.finditer(text):
        parts += [change(text[at : block.start()]), block[0]]
        at = block.end()
    return "".join([*parts, change(text[at:])])


def write(name: str, text: str) -> None:
    """A page of the book."""
    (PAGES / name).parent.mkdir(parents=True, exist_ok=True)
    (PAGES / name).write_text(text, "utf-8")


def gather() -> None:
    """The whole book, anew."""
    logging.disable(logging.WARNING)  # of its profiler torch warns whenever it compiles
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PAGES, ignore=shutil.ignore_patterns("*.md", "*.py", "*.json", "*.toml", "__*"))
    shutil.copytree(ROOT / "examples", PAGES / "examples", ignore=shutil.ignore_patterns("[0-9]*.py", "__*"))
    shutil.copy(ROOT / "LICENSE", PAGES)
    for picture in ROOT.glob("[a-z]*/results/*.png"):
        (PAGES / picture.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, PAGES / picture.relative_to(ROOT))
    for page in [*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in ELSEWHERE)]:
        write(place(page) or "", turned(page.read_text("utf-8"), page))
    for example in sorted((ROOT / "examples").glob("*.py")):
        write(f"examples/{example.stem}.md", example_page(example))
    for module, first in PUBLIC.items():
        write(f"reference/{module}.md", reference(module, first))
    for module in EDGES:
        write(f"reference/{module}.md", f"# `{module}`\n\n::: {module}\n    options: {{ show_root_heading: false }}\n")
    write("reference/preheat.like.md", peers())


def on_config(config: Any) -> None:
    """For mkdocs: a page of the table of contents that is not written yet is left out, and said."""
    config.nav = list(there_are(config.nav))


def there_are(entries: list[Any]) -> Iterator[Any]:
    """The entries of a table of contents whose pages there are."""
    for entry in entries:
        ((title, value),) = entry.items() if isinstance(entry, dict) else [(None, entry)]
        if isinstance(value, list):
            yield {title: list(there_are(value))}
        elif (PAGES / value).exists():
            yield entry
        else:
            print(f"left out, for there is no such page: {value}")


if __name__ == "__main__":
    gather()
