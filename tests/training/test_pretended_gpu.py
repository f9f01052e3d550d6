"""What the pretended GPU refuses is what a real one refuses; the rest it computes."""

import pytest
import torch
from tests import pretended_gpu
from tests.pretended_gpu import GPU

from crosstalk.training.device import device


@pytest.fixture(autouse=True)
def _entered():
    with pretended_gpu.entered():
        yield


def test_it_is_where_jobs_compute():
    assert device() == GPU
    assert torch.ones(2, device=device()).device == GPU
    assert (2 * torch.arange(3).to(device())).tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    "mixed",
    [
        lambda here, there: here + there,
        lambda here, there: torch.cat([here, there]),
        lambda here, there: there[here.long()],
        lambda here, there: here.index_add_(0, there.long(), here),
        lambda here, there: torch.stack([here, here]).index_put_((there.long(),), there),
        lambda here, _: here.normal_(generator=torch.Generator()),
        lambda here, _: torch.rand(2, device=here.device, generator=torch.Generator()),
        lambda here, _: torch.nn.Linear(2, 1)(here),
        lambda here, _: torch.nn.LSTM(2, 1)(here[None]),
    ],
)
def test_two_devices_do_not_mix(mixed):
    with pytest.raises(RuntimeError, match=r"device|CPU"):
        mixed(torch.zeros(2, device=device()), torch.zeros(2))


def test_numpy_has_to_ask_for_a_copy():
    here = torch.ones(2, device=device())
    with pytest.raises(TypeError, match=r"\.cpu\(\)"):
        here.numpy()
    assert here.cpu().numpy().tolist() == [1, 1]


def test_what_a_real_one_allows_is_allowed():
    here = torch.arange(4.0, device=device())
    assert (here + torch.tensor(1)).tolist() == [1, 2, 3, 4]
    assert here[torch.tensor([2, 0])].tolist() == [2, 0]
    assert torch.zeros(4).copy_(here).tolist() == [0, 1, 2, 3]


def test_a_module_that_moves_is_still_its_optimisers():
    module = torch.nn.Linear(2, 1)
    optimiser = torch.optim.SGD(module.parameters(), lr=1.0)
    before = module.weight.tolist()
    module.to(device())
    module(torch.ones(3, 2, device=device())).sum().backward()
    optimiser.step()
    assert module.weight.device == GPU
    assert torch.tensor(before).sub(module.weight.cpu()).tolist() == [[3, 3]]
