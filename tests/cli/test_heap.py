import subprocess
import sys

STEPS = """
import resource, torch
from crosstalk.heap import keep_freed_memory

keep_freed_memory()
torch.set_num_threads(1)
x = torch.ones(2**20)  # 4 MiB
for _ in range(3):
    (x + 1, x + 2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    (x + 1, x + 2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_steps_alike_take_no_new_pages():
    """A page has 4 KiB; new ones for every step would be 51,200 at least."""
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, check=True)
    assert int(done.stdout) < 3000
