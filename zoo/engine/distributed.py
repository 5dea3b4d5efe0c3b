"""Processes that train together, on GPUs or on CPUs."""

from __future__ import annotations

import os
import subprocess

import torch
import torch.distributed as dist
from mmengine import Config
from mmengine.model import MMDistributedDataParallel, convert_sync_batchnorm
from torch import nn

from zoo.errors import UsageError

LAUNCHERS = ('none', 'pytorch', 'slurm', 'mpi')

_NAMES = {
    'pytorch': {'RANK': 'RANK', 'WORLD_SIZE': 'WORLD_SIZE', 'LOCAL_RANK': 'LOCAL_RANK'},
    'slurm': {'RANK': 'SLURM_PROCID', 'WORLD_SIZE': 'SLURM_NTASKS', 'LOCAL_RANK': 'SLURM_LOCALID'},
    'mpi': {
        'RANK': 'OMPI_COMM_WORLD_RANK',
        'WORLD_SIZE': 'OMPI_COMM_WORLD_SIZE',
        'LOCAL_RANK': 'OMPI_COMM_WORLD_LOCAL_RANK',
    },
}
"""Where each launcher says what torch wants to know."""

_STARTERS = {
    'pytorch': 'torchrun --nproc_per_node=N tools/train.py ...',
    'slurm': 'srun --ntasks=N python tools/train.py ...',
    'mpi': 'mpirun -n N python tools/train.py ... with MASTER_ADDR set',
}


def join_processes(launcher: str, device: str) -> None:
    """Join the processes that the launcher started: NCCL between GPUs, gloo between CPUs.

    mmengine's own start-up sets a CUDA device unconditionally, so it cannot run on CPUs. Does nothing without a
    launcher, or when the processes are joined already.

    Args:
        launcher: one of ``LAUNCHERS``.
        device: ``cuda`` or ``cpu``.

    Raises:
        UsageError: Unknown launcher, or the process was not started by it.
    """
    if launcher not in LAUNCHERS:
        raise UsageError(f'unknown launcher {launcher!r}: choose one of {", ".join(LAUNCHERS)}')
    if launcher == 'none' or dist.is_initialized():
        return
    found = {name: os.environ.get(source) for name, source in _NAMES[launcher].items()}
    found['MASTER_ADDR'] = os.environ.get('MASTER_ADDR') or (_first_slurm_node() if launcher == 'slurm' else None)
    missing = [_NAMES[launcher].get(name, name) for name, value in found.items() if value is None]
    if missing:
        raise UsageError(
            f'--launcher {launcher}: {", ".join(missing)} not set in the environment, start with {_STARTERS[launcher]}'
        )
    os.environ.update({name: value for name, value in found.items() if value is not None})
    os.environ.setdefault('MASTER_PORT', '29500')
    if device == 'cuda':
        torch.cuda.set_device(_local_rank())
    dist.init_process_group('nccl' if device == 'cuda' else 'gloo')


def exchanging(model: nn.Module, config: Config, device: str) -> MMDistributedDataParallel:
    """Return a model that exchanges gradients with those of the other processes.

    Pretraining leaves queries without an objective untouched (the class token of ReCon, for one), and a step never
    branches on a value: the same are untouched in all of them, and the first one finds them (``static_graph``). Where
    gradients accumulate, or ``find_unused_parameters`` is set, every step searches.

    Args:
        model: model on its device.
        config: config of the run: ``sync_bn``, ``find_unused_parameters``.
        device: ``cuda`` or ``cpu``.
    """
    if config.get('sync_bn'):
        model = convert_sync_batchnorm(model, config.sync_bn)
    chosen = config.get('find_unused_parameters')
    accumulating = (config.get('optim_wrapper') or {}).get('accumulative_counts', 1) > 1
    return MMDistributedDataParallel(
        module=model,
        device_ids=[_local_rank()] if device == 'cuda' else None,
        broadcast_buffers=False,
        gradient_as_bucket_view=True,
        find_unused_parameters=accumulating if chosen is None else chosen,
        static_graph=chosen is None and not accumulating,
    )


def _local_rank() -> int:
    """Return the number of this process on its machine."""
    return int(os.environ.get('LOCAL_RANK', 0))


def _first_slurm_node() -> str | None:
    """Return the first machine of the Slurm job."""
    nodes = os.environ.get('SLURM_NODELIST')
    if not nodes:
        return None
    command = ['scontrol', 'show', 'hostnames', nodes]
    try:
        listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return listing.split()[0] if listing.split() else None
