"""``python -m zoo``: versions and environment for bug reports; ``python -m zoo train CONFIG`` runs a tool."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import runpy
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import zoo
from zoo.compat import data_root, processor, tolerate_any_output, zoo_home
from zoo.errors import UsageError

PACKAGES = (
    *('torch', 'torchvision', 'mmengine', 'mmcv-lite', 'timm', 'transformers', 'huggingface-hub', 'safetensors'),
    *('numpy', 'scipy', 'scikit-learn', 'numba', 'trimesh', 'h5py'),
)
WRONG_USAGE = 2


def report() -> str:
    """Versions, device and folders, one a line."""
    lines = [
        ('recon-zoo', zoo.__version__),
        ('installed at', str(Path(zoo.__file__).parent)),
        ('python', f'{platform.python_version()} ({sys.executable})'),
        ('system', platform.platform()),
        ('processor', processor()),
        *((name, _version(name)) for name in PACKAGES),
        *_device(),
        ('ZOO_HOME', _folder(zoo_home)),
        ('ZOO_DATA', _folder(data_root)),
        ('models', _models()),
    ]
    width = max(len(name) for name, _ in lines)
    return '\n'.join(f'{name:<{width}}  {value}' for name, value in lines)


def tools() -> dict[str, Path]:
    """Command lines by name."""
    from zoo.config import ROOT

    return {path.stem: path for path in sorted((ROOT / 'tools').glob('*.py'))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report, or run the tool that the first argument names.

    Returns:
        0, or 2 where there is no such tool; a tool leaves with its own code.
    """
    tolerate_any_output()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given:
        print(report())
        return 0
    known = tools()
    if given[0] not in known:
        print(f'error: no tool {given[0]!r}: choose one of {", ".join(known)}, or none for a report', file=sys.stderr)
        return WRONG_USAGE
    sys.argv = [str(known[given[0]]), *given[1:]]
    runpy.run_path(sys.argv[0], run_name='__main__')
    return 0


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return 'not installed'


def _device() -> list[tuple[str, str]]:
    """GPUs and threads, as torch sees them; why not, where torch is what is broken."""
    try:
        import torch
    except Exception as error:  # a broken install fails in any way
        return [('torch says', _one_line(error))]
    gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    cuda = f'{torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}' if torch.version.cuda else 'none'
    return [
        ('CUDA of torch', cuda),
        ('GPUs', ', '.join(gpus) or 'none'),
        ('threads', f'{torch.get_num_threads()} of {os.cpu_count()} cores'),
    ]


def _models() -> str:
    """How many models the index has."""
    try:
        from zoo.hub.index import entries

        found = entries().values()
    except Exception as error:  # a broken install fails in any way
        return _one_line(error)
    return f'{len(found)} in the index, {sum(bool(entry.sources) for entry in found)} with weights'


def _folder(find: Callable[[], Path]) -> str:
    """A folder of the user, or why there is none."""
    try:
        return str(find())
    except UsageError as error:
        return str(error)


def _one_line(error: Exception) -> str:
    return ' '.join(f'{type(error).__name__}: {error}'.split())[:300]


if __name__ == '__main__':
    sys.exit(main())
