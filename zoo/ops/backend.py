"""Which implementation searches: torch on every device, numba as an accelerator of the CPU.

``auto`` (the default) takes numba for float32 tensors on the CPU where numba can be imported, else torch. The
environment variable ``ZOO_OPS_BACKEND`` sets the choice at the start, :func:`set_backend` and :func:`use_backend`
change it later. ``ZOO_OPS_CHECK=0`` or :func:`set_checks` leave out the search for NaN, which on a GPU waits for the
device.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import warnings
from collections.abc import Iterator
from typing import Protocol, cast

import torch
from torch import Tensor

from zoo.errors import UsageError

BACKENDS = ('auto', 'torch', 'numba')


class Kernels(Protocol):
    """What a backend offers. Inputs are float, finite and not empty; none of the functions has a gradient."""

    def farthest_points(self, points: Tensor, num_samples: int, start: int, skipped: Tensor) -> tuple[Tensor, Tensor]:
        """Return indices (B, S) and the squared distance (B,) of the last pick to the earlier ones, <= 0 if none."""

    def nearest_points(self, query: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Return (squared distances (B, M, k), indices (B, M, k)), nearest first, for k <= N."""

    def nearest_index(self, query: Tensor, reference: Tensor) -> Tensor:
        """Return the index (B, M) of the nearest reference point."""

    def ball_members(self, query: Tensor, reference: Tensor, bound: float, k: int) -> Tensor:
        """Return the first k indices (B, M, k) with a squared distance below ``bound``; see ``zoo.ops.ball_query``."""


@functools.cache
def _numba_works() -> bool:
    """Whether numba can be imported; a broken installation says so once instead of stopping the run."""
    try:
        importlib.import_module('numba')
    except ModuleNotFoundError as error:
        if error.name != 'numba':
            raise
        return False
    except Exception as error:  # numba refuses newer versions of NumPy and Python with various errors
        warnings.warn(f'numba cannot be used, point operations run on torch: {error}', stacklevel=2)
        return False
    return True


def available_backends() -> tuple[str, ...]:
    """Names of the backends that work here, the portable one first."""
    return ('torch', 'numba') if _numba_works() else ('torch',)


def _checked(name: str, origin: str) -> str:
    if name not in BACKENDS:
        raise UsageError(f'{origin} is {name!r}; choose one of {", ".join(BACKENDS)}')
    if name == 'numba' and not _numba_works():
        raise UsageError(f"{origin} is 'numba', which cannot be imported here; pip install numba, or choose 'torch'")
    return name


_chosen: str | None = None
_checks = os.environ.get('ZOO_OPS_CHECK', '1') != '0'


def get_backend() -> str:
    """The choice in force: ``'auto'``, ``'torch'`` or ``'numba'``.

    Raises:
        UsageError: If ``ZOO_OPS_BACKEND`` holds another word, or numba where it cannot be imported.
    """
    if _chosen is None:
        set_backend(os.environ.get('ZOO_OPS_BACKEND') or 'auto', 'the environment variable ZOO_OPS_BACKEND')
    return cast('str', _chosen)


def set_backend(name: str, origin: str = 'the backend of zoo.ops') -> None:
    """Choose the backend of the whole process.

    Args:
        name: ``'auto'``, ``'torch'`` or ``'numba'``.
        origin: Where the name comes from, for the message of the error.

    Raises:
        UsageError: If the name is unknown, or numba cannot be imported.
    """
    global _chosen
    _chosen = _checked(name, origin)


@contextlib.contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Choose the backend inside a ``with`` block."""
    before = get_backend()
    set_backend(name)
    try:
        yield
    finally:
        set_backend(before)


def backend_for(tensor: Tensor) -> str:
    """Name of the backend that works on this tensor: numba knows float32 on the CPU, torch everything."""
    suits = tensor.device.type == 'cpu' and tensor.dtype == torch.float32
    return 'numba' if suits and get_backend() != 'torch' and _numba_works() else 'torch'


def kernels_for(tensor: Tensor) -> Kernels:
    """Functions of the backend that works on this tensor; a backend is loaded when first used."""
    return cast('Kernels', importlib.import_module(f'zoo.ops.{backend_for(tensor)}_backend'))


def checks() -> bool:
    """Whether coordinates are checked to be finite."""
    return _checks


def set_checks(enabled: bool) -> None:
    """Turn the check for NaN and infinite coordinates on or off. Off, their results are undefined."""
    global _checks
    _checks = enabled
