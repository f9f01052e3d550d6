"""Tests compute on the CPU, so that they say the same on every machine and wait for no GPU.

`CROSSTALK_DEVICE=auto pytest …` uses a GPU.
"""

import os

os.environ.setdefault("CROSSTALK_DEVICE", "cpu")
