"""Tensors in files: read without running code, loaded with every key accounted for."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from zoo.compat import expand
from zoo.errors import UsageError
from zoo.foreign import model_of_header

State = dict[str, Tensor]
_CONTAINERS = ('base_model', 'state_dict', 'model')

COUNTERS = 'num_batches_tracked'
"""Ends the names of BatchNorm's counters, which appear in no forward pass, and which old files lack."""


def read_file(path: str | Path) -> dict[str, Any]:
    """Content of a ``.safetensors`` or torch file on the CPU; nothing in it is executed.

    Raises:
        UsageError: the file is missing, broken, or holds more than tensors and plain values.
    """
    path = expand(path)
    if not path.is_file():
        raise UsageError(f'checkpoint {path} does not exist')
    try:
        if path.suffix == '.safetensors':
            return dict(load_file(path))
        content = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f'checkpoint {path} is refused, it holds more than tensors and plain values: {reason}'
        ) from error
    except (RuntimeError, OSError, EOFError, ValueError, KeyError, SafetensorError) as error:
        raise UsageError(f'checkpoint {path} cannot be read, is it complete? {str(error).splitlines()[0]}') from error
    if not isinstance(content, dict):
        raise UsageError(f'checkpoint {path} holds a {type(content).__name__}, expected a dict of tensors')
    return content


def read_state_dict(source: str | Path | Mapping[str, Any]) -> State:
    """Tensors by name, without the containers and prefixes that training scripts wrap around them.

    Raises:
        UsageError: unreadable file, or an entry that is not a tensor.
    """
    content = dict(source) if isinstance(source, Mapping) else read_file(source)
    for container in _CONTAINERS:
        if isinstance(content.get(container), Mapping):
            content = dict(content[container])
            break
    wrong = [key for key, value in content.items() if not isinstance(value, Tensor)]
    if wrong or not content:
        raise UsageError(f'not a state dict of tensors: {wrong[:3] or "it is empty"}; looked under {_CONTAINERS} too')
    check_finite(content, str(source) if isinstance(source, str | Path) else 'the state dict')
    return {key.removeprefix('module.').removeprefix('base_model.'): value for key, value in content.items()}


def check_finite(state: Mapping[str, Tensor], what: str) -> None:
    """Refuse weights that are no numbers: a model of them answers all the same.

    Raises:
        UsageError: names the first such tensor.
    """
    for name, tensor in state.items():
        if tensor.is_floating_point() and not tensor.float().isfinite().all():
            bad = int((~tensor.float().isfinite()).sum())
            raise UsageError(
                f'weights {what}: {name} has {bad} of {tensor.numel()} values that are not finite (NaN or infinity): '
                'the run that made them diverged, take an earlier checkpoint'
            )


def note_fresh(model: nn.Module, names: Sequence[str]) -> None:
    """Note on a model which of its tensors start fresh, for :func:`still_fresh`."""
    own = model.state_dict()
    model.started_fresh = {name: _sum(own[name]) for name in names}  # type: ignore[assignment]


def still_fresh(model: nn.Module) -> list[str]:
    """Names of the matrices of a model that started fresh and were neither trained nor loaded since."""
    noted: Mapping[str, float] = getattr(model, 'started_fresh', {})
    own = model.state_dict()
    # A rounded copy of the model is as random as it was.
    return [
        name
        for name, total in noted.items()
        if name in own and own[name].ndim > 1 and math.isclose(_sum(own[name]), total, rel_tol=1e-2)
    ]


def _sum(tensor: Tensor) -> float:
    """Sum of the absolute values."""
    return float(tensor.detach().double().abs().sum())


def load_exactly(model: nn.Module, state: State, what: str) -> None:
    """Load ``state``, every tensor of which must fit a tensor of ``model`` and the other way round.

    Raises:
        UsageError: names the missing, unknown or misshapen keys.
    """
    own = model.state_dict()
    missing = sorted(key for key in own if key not in state and not key.endswith(COUNTERS))
    unknown = sorted(key for key in state if key not in own)
    shapes = sorted(key for key in own if key in state and own[key].shape != state[key].shape)
    problems = {'missing': missing, 'left over': unknown, 'of another shape': shapes}
    found = '; '.join(f'{name}: {", ".join(keys)}' for name, keys in problems.items() if keys)
    if found:
        raise UsageError(f'{what} does not fit: {found}')
    model.load_state_dict(state, strict=False)


def read_file_header(path: str | Path) -> dict[str, Any]:
    """Config of the model that a ``.safetensors`` file of this project belongs to, from its header, checked.

    Raises:
        UsageError: the file is missing or broken, does not say, or says what data may not, see :mod:`zoo.foreign`.
    """
    path = expand(path)
    if not path.is_file():
        raise UsageError(f'weights {path} do not exist: give a model name or a file')
    try:
        model = model_of_header(path)
    except OSError as error:
        raise UsageError(f'weights {path} cannot be read: {error.strerror or error}') from error
    if model is None:
        raise UsageError(f'weights {path} do not say which model they belong to: give a name or config too')
    return model
