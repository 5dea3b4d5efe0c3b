"""Is the machine set up, and what can its card do at most?"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator

import torch

from benchmarks.gpu.findings import Row, Stage, has_bfloat16, machine
from benchmarks.speed.steps import matmul_peak
from benchmarks.speed.timing import timed
from zoo import ops

PACKAGES = ('triton', 'mmengine', 'mmcv', 'mmcv-lite', 'timm', 'transformers', 'numpy')


def check(stage: Stage) -> Iterator[Row]:
    """Versions and card, then measured ceilings: copying, and products of matrices in every precision."""
    for name, value in machine(stage.device).items():
        yield {'what': name, 'found': str(value)}
    for package in PACKAGES:
        try:
            yield {'what': package, 'found': importlib.metadata.version(package)}
        except importlib.metadata.PackageNotFoundError:
            yield {'what': package, 'found': 'not installed'}
    yield {'what': 'backend of zoo.ops', 'found': ops.backend.backend_for(torch.zeros(1, 3, device=stage.device))}
    size = 512 if stage.quick else 4096 if stage.device == 'cpu' else 8192
    source, target = (torch.empty(size * size, device=stage.device) for _ in range(2))
    seconds = min(timed(lambda: target.copy_(source), stage.device) for _ in range(5))
    yield {'what': 'copy, reading and writing', 'found': f'{8 * size * size / seconds / 1e9:,.0f} GB/s'}
    for name, dtype in (('float32', torch.float32), ('TF32', torch.float32), ('bfloat16', torch.bfloat16)):
        if name == 'TF32' and stage.device == 'cpu':
            continue
        if name == 'bfloat16' and not has_bfloat16(stage.device):
            yield {'what': f'product of matrices, {name}', 'found': 'imitated by this processor, not measured'}
            continue
        tensor_cores = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = name == 'TF32'
        peak = 2 * matmul_peak(stage.device, size, dtype)
        torch.backends.cuda.matmul.allow_tf32 = tensor_cores
        yield {'what': f'product of matrices, {name}', 'found': f'{peak / 1e12:,.2f} TFLOP/s'}
