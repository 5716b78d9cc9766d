"""What any version wrote is read by this one, as the same: text, JSON and checkpoints in tests/forms."""

import json

import pytest

import write_forms
from preheat import from_json, parse, to_json

FILES = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(write_forms.FOLDER.glob("*.json"))}
PLANS = [
    pytest.param(form, id=f"{version}: {form['repr']:.40}") for version in FILES for form in FILES[version]["plans"]
]
STATES = [pytest.param(form, id=f"{version}: {form['kind']}") for version in FILES for form in FILES[version]["states"]]


def test_there_are_forms_of_the_first_version():
    assert "0.1.0" in FILES


@pytest.mark.parametrize("form", PLANS)
def test_a_text_of_any_version_is_the_plan_that_it_was(form):
    plan = parse(form["text"])
    assert plan == parse(form["repr"]) == from_json(json.dumps(form["json"]))
    assert write_forms.values(plan) == pytest.approx(form["values"], rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("form", STATES)
def test_a_checkpoint_of_any_version_goes_on_as_it_would_have(form):
    scheduler = write_forms.bound(form["kind"], write_forms.optimizer())
    scheduler.load_state_dict(form["state"])
    assert write_forms.told(scheduler) == {
        group: pytest.approx(knobs, rel=1e-12) for group, knobs in form["next"].items()
    }


def test_this_version_writes_a_file_that_it_reads(tmp_path, monkeypatch):
    monkeypatch.setattr(write_forms, "FOLDER", tmp_path)
    write_forms.main()
    (file,) = tmp_path.iterdir()
    for form in json.loads(file.read_text("utf-8"))["plans"]:
        assert repr(parse(form["repr"])) == form["repr"]
        assert json.loads(to_json(parse(form["text"]))) == form["json"]
