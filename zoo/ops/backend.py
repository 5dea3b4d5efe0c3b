"""Which implementation searches: torch on every device, numba as an accelerator of the CPU, Triton as that of a GPU.

``auto`` (the default) takes, for float32 tensors, numba on the CPU and Triton on a GPU where they can be imported, else
torch. A backend that is asked for by name takes the tensors that suit it and leaves the others to torch. The
environment variable ``ZOO_OPS_BACKEND`` sets the choice at the start, :func:`set_backend` and :func:`use_backend`
change it later. ``ZOO_OPS_CHECK=0`` or :func:`set_checks` leave out the search for NaN.
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

BACKENDS = ('auto', 'torch', 'numba', 'triton')

LARGEST_CLOUD = 2**14
"""Points that a program of Triton holds in registers; larger clouds are left to torch."""


class Kernels(Protocol):
    """What a backend offers. Inputs are float, finite and not empty; none of the functions has a gradient."""

    def farthest_points(self, points: Tensor, num_samples: int, start: int, skipped: Tensor | None) -> Tensor:
        """Return indices (B, S), none of ``skipped`` (B, N) and none twice while another is left, then anything."""

    def nearest_points(self, query: Tensor, reference: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Return (squared distances (B, M, k), indices (B, M, k)), nearest first, for k <= N."""

    def nearest_index(self, query: Tensor, reference: Tensor) -> Tensor:
        """Return the index (B, M) of the nearest reference point."""

    def ball_members(self, query: Tensor, reference: Tensor, bound: float, k: int) -> Tensor:
        """Return the first k indices (B, M, k) with a squared distance below ``bound``; see ``zoo.ops.ball_query``."""


class FusedKernels(Kernels, Protocol):
    """What a backend offers that does in one launch what others compose of searches and torch's operations."""

    def neighborhoods(self, points: Tensor, centers: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Return the k nearest points relative to every center (B, G, K, 3), and their indices (B, G, K); any k."""

    def chamfer(self, a: Tensor, b: Tensor, norm: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return the distances (B,), and the indices of the nearest point of b (B, N) and of a (B, M)."""

    def chamfer_gradient(
        self, grad: Tensor, a: Tensor, b: Tensor, nearest_b: Tensor, nearest_a: Tensor, norm: int
    ) -> Tensor:
        """Return the gradient (B, N, 3) with respect to a, from that of the distances (B,)."""


@functools.cache
def _importable(name: str) -> bool:
    """Whether a package can be imported; a broken installation says so once instead of stopping the run."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return False
    except Exception as error:  # numba refuses newer versions of NumPy and Python with various errors
        warnings.warn(f'{name} cannot be used, point operations run on torch: {error}', stacklevel=2)
        return False
    return True


def _interpreted() -> bool:
    """Whether Triton runs its kernels on the CPU."""
    return os.environ.get('TRITON_INTERPRET') == '1'


def available_backends(device: str = 'cpu') -> tuple[str, ...]:
    """Names of the backends that ``auto`` chooses among on a type of device, the portable one first."""
    name = {'cpu': 'numba', 'cuda': 'triton'}.get(device)
    return ('torch', name) if name and _importable(name) else ('torch',)


def _checked(name: str, origin: str) -> str:
    if name not in BACKENDS:
        raise UsageError(f'{origin} is {name!r}; choose one of {", ".join(BACKENDS)}')
    if name in ('numba', 'triton') and not _importable(name):
        raise UsageError(f"{origin} is {name!r}, which cannot be imported here; pip install {name}, or choose 'torch'")
    if name == 'triton' and not torch.cuda.is_available() and not _interpreted():
        raise UsageError(f"{origin} is 'triton', which needs a GPU, and there is none; choose 'auto' or 'torch'")
    return name


_chosen: str | None = None
_checks = os.environ.get('ZOO_OPS_CHECK', '1') != '0'


def get_backend() -> str:
    """The choice in force, one of ``BACKENDS``.

    Raises:
        UsageError: If ``ZOO_OPS_BACKEND`` holds another word, or a backend that does not work here.
    """
    if _chosen is None:
        set_backend(os.environ.get('ZOO_OPS_BACKEND') or 'auto', 'the environment variable ZOO_OPS_BACKEND')
    return cast('str', _chosen)


def set_backend(name: str, origin: str = 'the backend of zoo.ops') -> None:
    """Choose the backend of the whole process.

    Args:
        name: one of ``BACKENDS``.
        origin: source of the name, for the message of the error.

    Raises:
        UsageError: If the name is unknown, the package cannot be imported, or Triton has no GPU.
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


def backend_for(points: Tensor) -> str:
    """Name of the backend that searches among these clouds (B, N, 3).

    numba and Triton know float32 on their device, and Triton up to ``LARGEST_CLOUD`` points; torch knows everything.
    """
    choice, kind = get_backend(), points.device.type
    if choice == 'torch' or points.dtype != torch.float32:
        return 'torch'
    name = 'triton' if choice == 'triton' and kind == 'cpu' and _interpreted() else available_backends(kind)[-1]
    fits = choice in ('auto', name) and (name != 'triton' or points.shape[1] <= LARGEST_CLOUD)
    return name if fits else 'torch'


def kernels_for(points: Tensor) -> Kernels:
    """Functions of the backend that searches among these clouds (B, N, 3); a backend is loaded when first used."""
    return cast('Kernels', importlib.import_module(f'zoo.ops.{backend_for(points)}_backend'))


def fused_for(points: Tensor) -> FusedKernels | None:
    """Fused functions of the backend that searches among these clouds (B, N, 3), if it has any."""
    return cast('FusedKernels', kernels_for(points)) if backend_for(points) == 'triton' else None


def checks() -> bool:
    """Whether coordinates are checked to be finite."""
    return _checks


def set_checks(enabled: bool) -> None:
    """Turn the check for NaN and infinite coordinates on or off. Off, their results are undefined."""
    global _checks
    _checks = enabled
