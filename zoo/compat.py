"""What the zoo asks of the environment it runs in: the installed stack and the folders of the user.

Nothing is imported or touched at import time; every function does its work when called and may be called again.
"""

from __future__ import annotations

import importlib
import io
import os
import pickle
import platform
import sys
from pathlib import Path
from typing import Any

from zoo.errors import UsageError

_OPERATORS = (
    'nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor',
    'qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor',
)
"""Schemas that torchvision annotates at import and that only its compiled library defines."""

_libraries: list[Any] = []
"""Holds the library of declared schemas: torch withdraws them when it is collected."""


def expand(path: str | Path) -> Path:
    """Return a path with the folder of a user in the place of a leading ``~`` or ``~name``.

    Raises:
        UsageError: there is no such user, or nobody says where the home of this one is (containers, batch systems).
    """
    try:
        return Path(path).expanduser()
    except (RuntimeError, KeyError) as error:
        raise UsageError(f'{path}: no home folder is known for it: set HOME, or give a path without ~') from error


def zoo_home() -> Path:
    """Return the cache root, absolute: ``$ZOO_HOME``, else ``~/.cache/recon-zoo``. The folder need not exist.

    Raises:
        UsageError: there is no home folder to put it into.
    """
    try:
        return expand(os.environ.get('ZOO_HOME') or '~/.cache/recon-zoo').absolute()
    except UsageError as error:
        raise UsageError(f'{error}, or set ZOO_HOME to a folder for what is kept') from error


def data_root() -> Path:
    """Return the folder that holds the datasets: ``$ZOO_DATA``, else ``data`` in the working directory."""
    return expand(os.environ.get('ZOO_DATA') or 'data')


def processor() -> str:
    """Return the model of the processor and its vector units as torch uses them; with other ones rounding differs."""
    import torch

    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
    except OSError:
        lines = []
    found = (line.partition(':')[2].strip() for line in lines if line.startswith('model name'))
    name = next(found, '') or platform.processor() or platform.machine()
    return f'{name}, {torch.backends.cpu.get_cpu_capability()}'


def tolerate_any_output() -> None:
    """Print ``?`` for what the encoding of standard output lacks, instead of losing a table at the end of a run."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='replace')


def ensure_torchvision() -> None:
    """Make ``import torchvision`` work beside a torch that was built without CUDA.

    The torchvision wheel of PyPI links against CUDA, so a CPU-only torch cannot load its compiled library, and the
    import dies where torchvision describes two of the operators in there. With their schemas declared, everything
    written in Python works (transforms, models, and with them timm and the CLIP of transformers); a compiled operator
    raises when it is called. Does nothing where torchvision imports by itself.

    Raises:
        UsageError: torch and torchvision are not a matching pair.
    """
    try:
        importlib.import_module('torchvision')
    except RuntimeError as error:
        if 'torchvision::' not in str(error):
            raise
        _declare_operators(error)
        importlib.import_module('torchvision')


def _declare_operators(error: RuntimeError) -> None:
    """Declare the missing schemas and forget the half-made import."""
    import torch

    if torch.version.cuda is not None or torch.version.hip is not None or _libraries:
        raise UsageError(
            f'torchvision cannot be imported beside torch {torch.__version__} ({error}): install the two releases '
            'that belong together, e.g. torch==2.13.0 with torchvision==0.28.0'
        ) from error
    for name in [name for name in sys.modules if name.partition('.')[0] == 'torchvision']:
        del sys.modules[name]
    library = torch.library.Library('torchvision', 'FRAGMENT')
    for schema in _OPERATORS:
        library.define(schema)
    _libraries.append(library)


def allow_mmengine_checkpoints() -> None:
    """Let ``torch.load(weights_only=True)`` read the training state in mmengine's own checkpoints.

    A checkpoint of mmengine's Runner keeps its message hub: ``HistoryBuffer`` objects with numpy arrays and with four
    functions of their class, which pickle spells ``getattr(HistoryBuffer, name)``. The plain ``getattr`` would open
    every attribute of every object to the file, so a look-up of these four and nothing else stands in its place.
    """
    import numpy as np
    import torch
    from mmengine.logging import HistoryBuffer

    core = getattr(np, '_core', None) or np.core
    allowed: list[Any] = [HistoryBuffer, np.ndarray, np.dtype, (_statistic, 'builtins.getattr')]
    for module in ('numpy._core', 'numpy.core'):  # numpy 2 and numpy 1 write different names
        allowed.append((_empty_array, f'{module}.multiarray._reconstruct'))
        allowed.append((core.multiarray.scalar, f'{module}.multiarray.scalar'))
    allowed.extend(type(np.dtype(code)) for code in 'efd?bBhHiIlLqQFDSU')
    torch.serialization.add_safe_globals(allowed)


def _empty_array(kind: Any, *_: Any) -> Any:
    """Return the array whose content follows, as numpy's ``_reconstruct`` does, but of no size that a file claims."""
    import numpy as np

    if kind is not np.ndarray:
        raise pickle.UnpicklingError(f'refused: the checkpoint makes an array of {kind!r:.60}')
    return np.empty(0, np.uint8)


def _statistic(owner: Any, name: str) -> Any:
    """Return the statistic ``name`` of the history buffer; any other attribute look-up from a file is refused."""
    from mmengine.logging import HistoryBuffer

    if owner is not HistoryBuffer or name not in {'min', 'max', 'mean', 'current'}:
        raise pickle.UnpicklingError(f'refused: the checkpoint looks up {name!r} on {owner!r:.60}')
    return getattr(owner, name)
