"""Where tensors live: a GPU that no other job has, if there is one."""

from __future__ import annotations

import os
from functools import cache

import torch

from crosstalk.errors import DeviceError
from crosstalk.training.lease import hold
from crosstalk.training.processes import processes


@cache
def device() -> torch.device:
    """Return the GPU that this process holds (see `crosstalk.training.lease`), or the CPU.

    Raises
    ------
    DeviceError
        If there is a GPU that torch cannot use: nothing is computed on the CPU in silence.

    """
    lease = hold()
    if lease is None:
        if os.environ.get("CROSSTALK_DEVICE") != "cpu" and torch.cuda.is_available():
            raise DeviceError(
                "torch sees a GPU that nvidia-smi does not name: put nvidia-smi on the path; to "
                "compute on the CPU all the same, set CROSSTALK_DEVICE=cpu"
            )
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise DeviceError(
            f"torch cannot use the GPU {lease.device}: its driver may be too old; to compute on "
            "the CPU all the same, set CROSSTALK_DEVICE=cpu"
        )
    if processes() > 1:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    return torch.device("cuda")


def mixed_precision() -> torch.autocast:
    """Compute in bfloat16 on a GPU; a CPU stays with float32, as few are faster otherwise."""
    return torch.autocast(device().type, torch.bfloat16, enabled=device().type == "cuda")
