"""Scripts run by torch's own launcher, `torchrun`."""

import os
import subprocess
import sys

ALONE = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",  # else a restarted job may find dead addresses: pytorch#135712
}


def torchrun(processes, *command, options=()):
    """Run a script, or a module after `-m`, in that many processes on a free port; returns what they print.

    Raises:
        AssertionError: it failed; the message is its standard error.
    """
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    done = subprocess.run(
        [*launcher, *options, *map(str, command)], capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, **ALONE, "PYTHONPATH": os.pathsep.join(sys.path)},  # they import what the test can import
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
