"""States of models: loaded with every key accounted for, and what started fresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from zoo.compat import expand
from zoo.errors import UsageError
from zoo.foreign import model_of_header

SAMPLE = 256
"""Values of a tensor that are remembered of its start."""


def note_fresh(model: nn.Module, names: Sequence[str]) -> None:
    """Note on a model which of its tensors start fresh, for :func:`still_fresh`."""
    own = model.state_dict()
    model.started_fresh = {name: _sample(own[name]) for name in names}  # type: ignore[assignment]


def still_fresh(model: nn.Module) -> list[str]:
    """Names of the matrices of a model that started fresh and were neither trained nor loaded since."""
    noted: Mapping[str, Tensor] = getattr(model, 'started_fresh', {})
    own = model.state_dict()
    # A copy rounded to half or bfloat16 is as random as it was; a step of an optimizer moves small values by more.
    return [
        name
        for name, values in noted.items()
        if name in own and own[name].ndim > 1 and torch.allclose(_sample(own[name]), values, rtol=4e-3, atol=1e-7)
    ]


def _sample(tensor: Tensor) -> Tensor:
    """A few hundred values from all over a tensor."""
    values = tensor.detach().flatten()
    return values[:: max(1, len(values) // SAMPLE)].double().cpu().clone()


def read_file_header(path: str | Path) -> dict[str, Any]:
    """Config of the model that a ``.safetensors`` file of this project belongs to, from its header, checked.

    Raises:
        UsageError: the file is missing or broken, does not say, or says what data may not, see :mod:`zoo.foreign`.
    """
    path = expand(path)
    if not path.is_file():
        raise UsageError(f'weights {path} do not exist: give a model name or a file')
    model = model_of_header(path)
    if model is None:
        raise UsageError(f'weights {path} do not say which model they belong to: give a name or config too')
    return model
