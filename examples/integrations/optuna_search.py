"""Search warm-up, shape and learning rate with Optuna, by several processes that share one file.

    python optuna_search.py --trials 100 --workers 4

What is done is in the file: if a process is stopped, or all are, run it again, and it does what is missing.
"""

import argparse
import multiprocessing

import optuna
from optuna.trial import TrialState
from search_space import LONGEST, SHAPES, loss_of, plan_of


def objective(trial: optuna.Trial) -> float:
    """The loss of a plan, which is kept with the trial."""
    plan = plan_of(trial.suggest_int("warmup_steps", 1, LONGEST), trial.suggest_categorical("shape", SHAPES))
    trial.set_user_attr("plan", plan)
    return loss_of(plan, trial.suggest_float("lr", 1e-4, 0.3, log=True))


def work(storage: str, trials: int) -> None:
    """Do a share of the trials, in a process of its own."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    optuna.load_study(study_name="plans", storage=storage).optimize(objective, trials)


def done(study: optuna.Study) -> int:
    """The number of trials that came to their end."""
    return len(study.get_trials(states=[TrialState.COMPLETE]))


def main() -> None:
    """Share what is missing among the workers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--storage", default="sqlite:///plans.db")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(study_name="plans", storage=given.storage, load_if_exists=True)
    for trial in study.get_trials(states=[TrialState.RUNNING]):
        study.tell(trial.number, state=TrialState.FAIL)  # its process was stopped
    missing = max(0, given.trials - done(study))
    shares = [len(range(k, missing, given.workers)) for k in range(given.workers)]
    context = multiprocessing.get_context("spawn")  # of torch no process can be forked that has run
    workers = [context.Process(target=work, args=(given.storage, share)) for share in shares]
    for worker in workers:
        worker.start()
    print("workers:", *(worker.pid for worker in workers), flush=True)
    for worker in workers:
        worker.join()
    print(f"{done(study)} of {given.trials} trials are done; the best, of loss {study.best_value:.4f}, is")
    print(f"{study.best_trial.user_attrs['plan']}, lr {study.best_params['lr']:.2g}")


if __name__ == "__main__":
    main()
