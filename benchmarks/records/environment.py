"""What the numbers of a record were measured with."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from zoo.compat import processor


def environment(device: str = 'cpu', precision: str = 'float32') -> dict[str, Any]:
    """What the numbers were measured with.

    Args:
        device: ``cpu`` or ``cuda``, with or without an index.
        precision: of the arithmetic.

    Returns:
        Version of torch, name of the device, threads, precision, commit, and the processor with its vector units.
    """
    # Reading records and printing tables needs no torch.
    import torch

    name = torch.cuda.get_device_name(device) if device.startswith('cuda') else 'cpu'
    return {
        'torch': torch.__version__,
        'device': name,
        'threads': torch.get_num_threads(),
        'precision': precision,
        'commit': commit(),
        'processor': processor(),
    }


def commit() -> str:
    """Commit of the working tree, with ``+`` when it has changes; empty outside a repository."""
    here = Path(__file__).parent
    try:
        head = _git(here, 'rev-parse', '--short', 'HEAD')
        dirty = _git(here, 'status', '--porcelain', '-uno')
    except (OSError, subprocess.CalledProcessError):
        return ''
    return head + ('+' if dirty else '')


def _git(folder: Path, *arguments: str) -> str:
    """Output of a git command."""
    done = subprocess.run(['git', *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
