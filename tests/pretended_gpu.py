"""A GPU that is none: its tensors are computed on the CPU, and refuse what a real one refuses.

Most machines that run these tests have no GPU, and what fails there is nearly always a tensor that
was left on the other side. Here a tensor of the device `GPU` wraps one of the CPU. An operation that
mixes both raises, as does one that draws a GPU's tensor from a CPU's generator, or asks a GPU's
tensor for its NumPy array. Not pretended: speed, memory, kernels' rounding, half precision
(`torch.autocast` is off).
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from types import SimpleNamespace
from unittest import mock

import torch
from accelerate import Accelerator
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

from crosstalk.alignment import csls
from crosstalk.contextual import vectors
from crosstalk.training import device as device_module
from crosstalk.training.device import device

TYPE = "pretended"


class _Backend(backend_registration._DummyBackendModule):
    """What torch asks of a kind of device; what is random is drawn by the CPU's generator."""

    def get_rng_state(self, _):
        return torch.get_rng_state()

    def set_rng_state(self, state, _):
        pass


# Until the process ends.
backend_registration._setup_privateuseone_for_python_backend(TYPE, _Backend())
GPU = torch.device(TYPE, 0)

CROSSING = {"aten::copy_", "aten::_to_copy", "aten::_has_compatible_shallow_copy_type"}
"""Operations that may meet tensors of both devices."""
INDEXING = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}
"""Those whose indices may be on the CPU; the other tensors may not."""


class OnGpu(torch.Tensor):
    """A tensor of the pretended GPU."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner):
        return torch.Tensor._make_wrapper_subclass(
            cls,
            inner.size(),
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=GPU,
        )

    def __init__(self, inner):
        self.inner = inner

    @classmethod
    def __torch_dispatch__(cls, operation, _, arguments=(), options=None):
        return compute(operation, arguments, options or {})

    def tolist(self):
        return self.inner.tolist()

    def numpy(self, **_):
        raise TypeError("a tensor on the GPU has no NumPy array: use .cpu() first")

    __array__ = numpy

    def __tensor_flatten__(self):
        """A module that moves keeps its parameters, as optimisers know them, only with this."""
        return ["inner"], None

    @staticmethod
    def __tensor_unflatten__(inner, *_):
        return OnGpu(inner["inner"])

    def untyped_storage(self):
        return self.inner.untyped_storage()

    def __reduce_ex__(self, protocol):
        """`torch.save` writes it as a tensor of the CPU, which is how training state is read."""
        return self.inner.detach().clone().__reduce_ex__(protocol)


class Factories(TorchDispatchMode):
    """Sees the operations that make a tensor of none."""

    def __torch_dispatch__(self, operation, _, arguments=(), options=None):
        options = options or {}
        inputs = tree_leaves((arguments, options))
        if _is_gpu(options.get("device")) or any(isinstance(x, OnGpu) for x in inputs):
            return compute(operation, arguments, options)
        return operation(*arguments, **options)


def compute(operation, arguments, options):
    """Check that all is on one device, then compute on the CPU."""
    name = operation._schema.name
    tensors = [x for x in tree_leaves((arguments, options)) if isinstance(x, torch.Tensor)]
    here = [x for x in tensors if isinstance(x, OnGpu)]
    _require_one_device(name, arguments, here, [x for x in tensors if not isinstance(x, OnGpu)])
    on_gpu = _is_gpu(options["device"]) if options.get("device") is not None else bool(here)
    generators = [x for x in (*arguments, *options.values()) if isinstance(x, torch.Generator)]
    if on_gpu and generators:
        raise RuntimeError(f"{name}: a CPU's generator cannot draw a tensor of a GPU")
    if on_gpu and "device" in options:
        options = options | {"device": torch.device("cpu")}
    inner, kept = tree_map_only(OnGpu, lambda x: x.inner, (arguments, options))
    out = operation(*inner, **kept)
    if name == "aten::copy_":
        return arguments[0]
    if not on_gpu or name == "aten::_local_scalar_dense":
        return out
    same = {id(x.inner): x for x in here}  # changed in place, it comes back as it is
    with torch.inference_mode(mode=False):  # else views of older tensors are refused
        return tree_map_only(
            torch.Tensor, lambda x: same[id(x)] if id(x) in same else OnGpu(x), out
        )


def _require_one_device(name, arguments, here, there):
    there = [x for x in there if x.dim()]  # a number may come from the CPU
    if name in CROSSING or not here:
        return
    if name in INDEXING:
        values = [x for x in (arguments[0], *arguments[2:3]) if isinstance(x, torch.Tensor)]
        if not isinstance(arguments[0], OnGpu):
            raise RuntimeError(f"{name}: a tensor of the CPU cannot be indexed by one of the GPU")
        there = [x for x in values if x.dim() and not isinstance(x, OnGpu)]
    if name == "aten::_ctc_loss":  # its lengths may be on the CPU
        there = [x for x in there if x is arguments[0]]
    if there:
        shapes = [[tuple(x.shape) for x in side] for side in (here, there)]
        raise RuntimeError(
            f"{name}: tensors of two devices, {shapes[0]} on the GPU, {shapes[1]} not"
        )


def _is_gpu(place):
    return place is not None and torch.device(place).type == TYPE


@contextmanager
def entered() -> Iterator[None]:
    """Make `crosstalk.training.device.device` the pretended GPU."""
    device.cache_clear()
    with (
        mock.patch.object(device_module, "hold", return_value=SimpleNamespace(device=TYPE)),
        mock.patch.object(device_module, "torch", _torch_with_gpu()),
        mock.patch.object(Accelerator, "device", GPU),
        mock.patch.dict(csls.BLOCK_BYTES, {TYPE: csls.BLOCK_BYTES["cuda"]}),
        mock.patch.dict(vectors.SUBWORDS_AT_ONCE, {TYPE: vectors.SUBWORDS_AT_ONCE["cuda"]}),
        mock.patch.object(torch, "tensor", partial(_made, torch.tensor)),
        mock.patch.object(torch, "as_tensor", partial(_made, torch.as_tensor)),
        mock.patch.object(torch, "autocast", _full_precision),
        mock.patch.object(torch.nn.modules.rnn, "_VF", _Recurrent()),
        Factories(),
    ):
        try:
            yield
        finally:
            device.cache_clear()


def _torch_with_gpu():
    """What `crosstalk.training.device` sees of torch."""
    return SimpleNamespace(
        cuda=SimpleNamespace(is_available=lambda: True),
        device=lambda _: GPU,
        autocast=_full_precision,
        bfloat16=torch.bfloat16,
    )


def _full_precision(*_, **__):
    return nullcontext()


def _made(make, *arguments, device=None, **options):
    """These make a tensor on its device without an operation that could be seen."""
    made = make(*arguments, **options)
    return made if device is None else made.to(device)


class _Recurrent:
    """Recurrent layers, which a GPU computes by kernels that a CPU does not have."""

    def __getattr__(self, name):
        function = getattr(torch._VF, name)
        return partial(self._compute, function) if name in {"lstm", "gru"} else function

    @staticmethod
    def _compute(function, *arguments):
        tensors = [x for x in tree_leaves(arguments) if isinstance(x, torch.Tensor)]
        on_gpu = [_is_gpu(x.device) for x in tensors]
        if not any(on_gpu):
            return function(*arguments)
        if not all(on_gpu):
            raise RuntimeError(f"{function.__name__}: tensors of two devices")
        out = function(*tree_map_only(torch.Tensor, lambda x: x.cpu(), arguments))
        return tree_map_only(torch.Tensor, lambda x: x.to(GPU), out)
