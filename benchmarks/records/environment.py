"""What the numbers of a record were measured with."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from zoo.compat import processor


def environment(device: str = 'cpu') -> dict[str, Any]:
    """What the numbers were measured with.

    Args:
        device: ``cpu`` or ``cuda``, with or without an index.

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
        'precision': 'float32',
        'commit': commit(),
        'processor': processor(),
    }


def commit() -> str:
    """Commit of the working tree, with ``+`` when it has changes; empty outside a repository."""
    command = ['git', 'describe', '--always', '--dirty=+', '--exclude=*']
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ''
    return done.stdout.strip()
