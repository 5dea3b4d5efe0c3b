"""One training step of a config on given features: how fast, how much memory, how many operations.

A step is what the training loop does with a batch: augmentation on the device, grouping, forward, backward, optimizer.
Reading data is no part of it, nor are frozen image and text teachers, whose features come from a bank in training.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from mmengine import Config
from mmengine.optim import OptimWrapper
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.speed.timing import timed
from zoo import ops
from zoo.config import ROOT, load_config
from zoo.engine.compile import CompiledLoss
from zoo.engine.export import export_weights
from zoo.engine.param_groups import ParamGroups
from zoo.hub import downstream_backbone
from zoo.hub.names import ModelName
from zoo.registry import BACKBONES, MODELS


@dataclass(frozen=True)
class Cost:
    """What training steps cost.

    Attributes:
        parameters: number of trained parameters.
        samples_per_second: batch size over the time of the fastest step, the one least disturbed by other work.
        peak_bytes: largest memory while building the model and training it, above what the imports take (CPU: resident
            set of the process; GPU: allocated by torch).
        macs: multiply-accumulates of forward and backward per sample, matrix products and convolutions only.
    """

    parameters: int
    samples_per_second: float
    peak_bytes: int
    macs: float


def count_parameters(model: nn.Module) -> int:
    """Number of trained parameters."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


@contextmanager
def counted_macs() -> Iterator[list[float]]:
    """Count multiply-accumulates of matrix products and convolutions; the list holds the sum afterwards.

    Attention is computed by its definition meanwhile: the counter does not know the fused kernels of the CPU.
    """
    result: list[float] = []
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        yield result
    result.append(counter.get_total_flops() / 2)


def forward_macs(backbone: Mapping[str, Any], group_counts: Sequence[int]) -> list[float]:
    """Multiply-accumulates of one cloud's way through a student as it is fine-tuned, for every number of groups G.

    Sampling and grouping are no matrix products and are left out, as in published figures.

    Args:
        backbone: config of a student in pretraining.
        group_counts: numbers of groups.
    """
    student = BACKBONES.build(downstream_backbone(dict(backbone))).eval()
    counts = []
    for num_groups in group_counts:
        points = torch.randn(1, 16 * num_groups, 3, generator=torch.Generator().manual_seed(0))
        groups = ops.group(points, num_groups, student.group_size)
        with torch.no_grad(), counted_macs() as macs:
            student(points, groups=groups)
        counts += macs
    return counts


def measure_steps(config: Config, batch_size: int = 0, steps: int = 12, warmup: int = 2, device: str = 'cpu') -> Cost:
    """Build the model of a config and train it for a few steps on random clouds and features.

    The memory is right in a fresh process only: what was freed before is used again unseen.

    Args:
        config: config with model, optimizer and training data.
        batch_size: number of clouds of a step; 0 takes that of the config.
        steps: number of steps that count; the fastest is reported.
        warmup: number of steps before.
        device: ``cpu`` or ``cuda``.
    """
    batch_size = batch_size or config.train_dataloader.batch_size
    # The peak begins anew, at what is in use now.
    if device == 'cuda':
        torch.cuda.reset_peak_memory_stats()
    else:
        Path('/proc/self/clear_refs').write_text('5', encoding='utf-8')
    before = _peak_memory(device)
    with made_ready(config, batch_size, device) as (model, batch, optimizer):
        times = [timed(lambda: model.train_step(batch, optimizer), device) for _ in range(warmup + steps)]
        peak = _peak_memory(device) - before
        with counted_macs() as macs:
            model.train_step(batch, optimizer)
    return Cost(count_parameters(model), batch_size / min(times[warmup:]), peak, macs[0] / batch_size)


def _peak_memory(device: str) -> int:
    """Most bytes in use since the reset; unlike ``ru_maxrss`` those of a process do not start at its parent's peak."""
    if device == 'cuda':
        return torch.cuda.max_memory_allocated()
    lines = Path('/proc/self/status').read_text(encoding='utf-8').splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith('VmHWM'))


def step_config(name: ModelName) -> Config:
    """Config of a pretraining, with a tokenizer that needs no download.

    Args:
        name: name of a student; the tokenizers of ACT beyond nano stand on a transformer that is downloaded.
    """
    config = load_config(name.config)
    if name.method == 'act':
        small = load_config(ROOT / 'configs/act/nano.py')
        config.model.objectives.features.teacher = small.model.objectives.features.teacher
    return config


@contextmanager
def made_ready(
    config: Config, batch_size: int, device: str = 'cpu'
) -> Iterator[tuple[Any, dict[str, Any], OptimWrapper]]:
    """Model of a config, a random batch and the optimizer.

    Tokenizer teachers have random weights, as speed does not depend on their training. The batch has clouds (B, N, 3)
    of the size that the data has, labels, and a feature for every frozen teacher.

    Args:
        config: config with model, optimizer and training data.
        batch_size: number of clouds.
        device: device that the model is put on; the batch stays on the CPU.
    """
    settings = {**config.model.to_dict(), 'data_preprocessor': config.data_preprocessor.to_dict()}
    with TemporaryDirectory() as folder:
        for name, objective in (settings.get('objectives') or {}).items():
            teacher = (objective or {}).get('teacher') or {}
            if 'trained_by' in teacher:
                source = load_config(teacher['trained_by']).model.to_dict()
                teacher['weights'] = str(Path(folder, f'{name}.safetensors'))
                export_weights(MODELS.build(source), Path(teacher['weights']), {'model': json.dumps(source)})
        torch.manual_seed(0)
        with torch.device(device):
            model = MODELS.build(settings).train()
        model.to(device)
        generator = torch.Generator().manual_seed(0)
        num_points = config.train_dataloader.dataset.get('num_points', 2048)
        parts = config.model.get('parts')
        classes = len(parts) if parts else config.model.get('num_classes', 40)
        batch: dict[str, Tensor] = {
            'points': torch.randn(batch_size, num_points, 3, generator=generator),
            'label': torch.randint(classes, (batch_size,), generator=generator),
        }
        if parts:
            first = model.first_part.cpu()[batch['label']] * (model.numbered == 'through')
            batch['part'] = first.unsqueeze(1).expand(-1, num_points).clone()
        for name, teacher in (model.teachers() if hasattr(model, 'teachers') else {}).items():
            batch[f'{name}_feature'] = torch.randn(batch_size, teacher.embed_dim, generator=generator)
        optimizer = config.optim_wrapper.to_dict()
        optimizer.pop('constructor', None)  # all of ours sort their parameters by ``ParamGroups``
        yield model, batch, ParamGroups(optimizer, optimizer.pop('paramwise_cfg', None))(model)


def compile_loss(model: Any, batch_size: int) -> None:
    """Let a model compute its loss compiled, as a training on its device; ``vars(model).pop('loss')`` undoes it."""
    settings = {'mode': 'reduce-overhead'} if next(model.parameters()).is_cuda else {}
    model.loss = CompiledLoss(model, settings, batch_size, begun=True)


def matmul_peak(device: str = 'cpu', size: int = 2048, dtype: torch.dtype = torch.float32) -> float:
    """Multiply-accumulates per second of the best of five products of two matrices (size, size)."""
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    return size**3 / min(timed(lambda: torch.mm(a, b), device) for _ in range(5))
