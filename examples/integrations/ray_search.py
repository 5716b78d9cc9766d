"""The search of optuna_search.py with Ray Tune, on this machine or, with --address auto, on a cluster.

    python ray_search.py --trials 100

What is done is in the folder: if the search is stopped, run it again, and it goes on.
"""

import argparse
from pathlib import Path

import ray
from ray import tune
from search_space import LONGEST, SHAPES, loss_of, plan_of

SPACE = {
    "warmup_steps": tune.randint(1, LONGEST + 1),
    "shape": tune.choice(SHAPES),
    "lr": tune.loguniform(1e-4, 0.3),
}


def objective(config: dict) -> None:
    """Report the loss of a plan, and the plan."""
    plan = plan_of(config["warmup_steps"], config["shape"])
    tune.report({"loss": loss_of(plan, config["lr"]), "plan": plan})


def main() -> None:
    """Search, or go on."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", default="ray_results")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--address", help="of a cluster; without, Ray is started here")
    given = parser.parse_args()
    own = {} if given.address else {"include_dashboard": False}
    ray.init(address=given.address, log_to_driver=False, **own)
    folder = Path(given.folder).resolve()
    if tune.Tuner.can_restore(str(folder / "plans")):
        tuner = tune.Tuner.restore(str(folder / "plans"), objective, resume_unfinished=True, restart_errored=True)
    else:
        asked = tune.TuneConfig(metric="loss", mode="min", num_samples=given.trials)
        where = tune.RunConfig(name="plans", storage_path=str(folder), verbose=0)
        tuner = tune.Tuner(objective, param_space=SPACE, tune_config=asked, run_config=where)
    results = tuner.fit()
    best = results.get_best_result()
    print(f"{len(results) - results.num_errors} of {given.trials} trials are done; ", end="")
    print(f"the best, of loss {best.metrics['loss']:.4f}, is")
    print(f"{best.metrics['plan']}, lr {best.config['lr']:.2g}")


if __name__ == "__main__":
    main()
