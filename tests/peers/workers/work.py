"""One of the processes that `torchrun` starts: `work.py FOLDER TASK ...`.

Of each task it writes what it saw into a file of its own, as JSON, and the tests read that: nothing is judged here.
"""

from sys import argv

from peers.workers.elastic import elastic
from peers.workers.resharded import load, save
from peers.workers.together import tell
from peers.workers.ways import ways
from torch import distributed

from processes import TIMEOUT

TASKS = {task.__name__: task for task in (elastic, load, save, ways)}

distributed.init_process_group("gloo", timeout=TIMEOUT)
try:
    for name in argv[2:]:
        tell(name, TASKS[name]())
finally:
    distributed.destroy_process_group()
