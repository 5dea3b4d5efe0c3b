"""Between two lines of the log no step of any method asks the device for an answer.

What asks is seen here without a GPU: on the CPU by name, and on ``meta`` (tests/models/test_without_a_device.py) by
failing. Intended are: the first step of a process (``FirstBatchHook``), lines of the log and of the progress, ends of
epochs, validations, checkpoints, and the matching of ``AlignViews``, which is done on the host.
"""

from __future__ import annotations

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.speed.steps import made_ready
from zoo.config import ROOT, load_config
from zoo.engine import loops
from zoo.hub.names import known_configs
from zoo.ops.backend import set_checks, use_backend

aten = torch.ops.aten
WAITING = {
    aten._local_scalar_dense,
    aten.equal,
    aten.is_nonzero,
    aten.item,
    aten.masked_select,
    aten.nonzero,
    aten._unique2,
    aten.unique_consecutive,
}
ASKING = {'item', 'tolist', 'cpu', '__float__', '__int__', '__bool__', '__index__'}


class Operations(TorchDispatchMode):
    """Notes operations whose result the host waits for: values, shapes that depend on values, copies from the host."""

    def __init__(self, found):
        super().__init__()
        self.found = found

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        operation = function.overloadpacket
        if operation in WAITING or (operation in (aten.index, aten.index_put, aten.index_put_) and masks(args[1])):
            self.found.append(str(operation))
        result = function(*args, **(kwargs or {}))
        moved = [value for value in args if torch.is_tensor(value) and value.device.type == 'cpu' and value.ndim]
        if torch.is_tensor(result) and result.is_meta and moved:
            self.found.append(f'{operation} from the host')
        return result


def masks(indices):
    return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in indices)


class Calls(TorchFunctionMode):
    """Notes methods that ask for values; some are done below the operations."""

    def __init__(self, found):
        super().__init__()
        self.found = found

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if getattr(function, '__name__', '') in ASKING:
            self.found.append(function.__name__)
        return function(*args, **(kwargs or {}))


@pytest.fixture
def no_checks():
    """As on a GPU in training."""
    set_checks(False)
    with use_backend('torch'):
        yield
    set_checks(True)


CONFIGS = [str(name.config.relative_to(ROOT)) for name in known_configs() if name.size == 'nano']
CONFIGS += ['configs/point_bert/dvae_nano.py', 'configs/act/autoencoder_nano.py']
CONFIGS += ['configs/finetune/procedural.py', 'configs/finetune/part_segmentation.py']


@pytest.mark.parametrize('device', ['cpu', 'meta'])
@pytest.mark.parametrize('path', CONFIGS)
def test_a_step_asks_nothing(path, device, no_checks):
    config = load_config(path)
    config.optim_wrapper.optimizer.fused = device == 'cpu'  # else Adam reads its counters, which are on the host
    found = []
    with made_ready(config, 4) as (model, batch, optimizer):
        model.train_step(batch, optimizer)  # tokenizers are read from their files, and labels are looked at
        model.to(device)
        batch = {key: value.to(device) for key, value in batch.items()}
        with Calls(found), Operations(found):
            if device == 'cpu':
                model.train_step(batch, optimizer)
            else:
                losses = model(**model.data_preprocessor(batch, training=True), mode='loss')
                sum(losses.values()).backward()
            if hasattr(model, 'after_step'):
                model.after_step(0.5)
    assert found == []


def test_the_loop_and_its_hooks_ask_nothing_between_lines(train, monkeypatch, no_checks):
    iterate, found = loops._iterate, {}

    def watched(runner, index, batch):
        heard = found[runner.iter] = []
        with Calls(heard), Operations(heard):
            iterate(runner, index, batch)

    monkeypatch.setattr(loops, '_iterate', watched)
    train('run', {'optim_wrapper.optimizer.fused': True, 'custom_hooks.1.interval': 1e6})
    lines = {5, 11, 17, 23}  # the last of an epoch
    assert found[0]  # a new batch norm
    assert all(not found[iteration] for iteration in found.keys() - lines - {0})
    assert all('tolist' in found[iteration] for iteration in lines)


@pytest.mark.parametrize(
    'fault',
    [
        lambda x: x.sum().item(),
        lambda x: float(x.sum()),
        lambda x: x.tolist(),
        lambda x: x.cpu(),
        lambda x: x[x > 0],
        lambda x: x.nonzero(),
        lambda x: x if x.any() else None,
        lambda x: torch.ones(2, 3).to('meta'),
    ],
    ids=['item', 'float', 'tolist', 'cpu', 'boolean index', 'nonzero', 'branch', 'copy from the host'],
)
def test_what_asks_is_seen(fault):
    found = []
    with Calls(found), Operations(found):
        fault(torch.ones(2, 3))
    assert found
