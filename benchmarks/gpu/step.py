"""How fast is a training step, where does its time go, and what does it cost to make things larger?"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

import torch
from mmengine import Config
from torch._inductor import config as config_of_inductor

from benchmarks.gpu.findings import Row, Stage, has_bfloat16
from benchmarks.speed import ops as operations
from benchmarks.speed.baseline import comparisons, live_teachers
from benchmarks.speed.steps import compile_loss, count_parameters, counted_macs, made_ready, matmul_peak, step_config
from benchmarks.speed.timing import timed
from zoo.config import ROOT, load_config
from zoo.engine.optim import AutocastOptimWrapper
from zoo.hub.names import known_configs

FIRST = ('recon-base', 'recon-nano', 'point-mae-base', 'point-mae-nano')
"""What is compiled, and measured before the others."""

LARGER: dict[str, tuple[int, ...]] = {
    'num_points': (512, 1024, 2048, 4096, 8192),
    'num_groups': (32, 64, 128, 256),
    'batch_size': (16, 32, 64, 128, 256, 512),
    'depth': (4, 8, 12, 24),
}
"""What is varied of ReCon, one at a time, from the step at nano on a CPU, or at base on a GPU."""


def step(stage: Stage) -> Iterator[Row]:
    """Operations and a step against the textbook, then samples a second of every method, those of most use first."""
    scale = 0.1 if stage.quick else 4.0 if stage.device == 'cuda' else 1.0
    for case, backend, slow, fast, ratio, quartiles in operations.measure(stage.device, 5, scale):
        yield {
            'what': f'{case}, {backend}',
            'textbook, ms': slow,
            'ours, ms': fast,
            'times faster': ratio,
            'quartiles': quartiles,
        }
    for what, samples, found in comparisons(stage.device, 1 if stage.quick else 5, stage.quick):
        yield {
            'what': what,
            'textbook, samples/s': samples / median(found.baseline),
            'ours, samples/s': samples / median(found.candidate),
            'times faster': found.ratio,
        }
    size, batch_size = ('base', 128) if stage.device == 'cuda' else ('nano', 8 if stage.quick else 64)
    if not stage.quick:
        yield from parts(stage, size, batch_size)
    peak = 2 * matmul_peak(stage.device)
    sizes = ('nano', 'base', 'tiny', 'small') if stage.device == 'cuda' else ('nano',)
    names = [name for size in sizes for name in known_configs() if name.size == size]
    if stage.device == 'cpu' and not stage.quick:
        names += [name for name in known_configs() if str(name) in ('recon-tiny', 'recon-base')]
    for name in sorted(names, key=lambda name: str(name) not in FIRST)[: 2 if stage.quick else None]:
        if stage.over:
            yield {'what': 'time is up: methods are missing'}
            return
        clouds = 8 if stage.device == 'cpu' and name.size != 'nano' else batch_size
        compiled = str(name) in FIRST and not stage.quick and (stage.device == 'cuda' or name.size == 'nano')
        yield {'what': f'{name}, batch {clouds}', **speed(stage, step_config(name), clouds, peak, compiled)}


def speed(stage: Stage, config: Config, batch_size: int, peak: float, compiled: bool = False) -> dict[str, Any]:
    """Samples a second of a step on given features, in every way of computing it, its memory and share of the peak.

    Args:
        stage: device and its settings.
        config: config of a pretraining.
        batch_size: clouds a step.
        peak: multiply-adds a second of float32 matrices, times two.
        compiled: whether the compiled step is measured too.
    """
    found: dict[str, Any] = {}
    with made_ready(config, batch_size, stage.device) as (model, batch, optimizer):
        batch = {key: value.to(stage.device) for key, value in batch.items()}
        found['parameters, M'] = count_parameters(model) / 1e6
        ways = {'float32': optimizer}
        if has_bfloat16(stage.device):
            ways['bfloat16'] = AutocastOptimWrapper(optimizer=optimizer.optimizer)
        if stage.device == 'cuda':
            torch.cuda.reset_peak_memory_stats()
        for name, way in ways.items():
            found[f'{name}, samples/s'] = batch_size / _seconds(stage, lambda way=way: model.train_step(batch, way))  # type: ignore[misc]
        if compiled:
            plain = max(found[f'{name}, samples/s'] for name in ways)
            way = ways.get('bfloat16', optimizer)
            compile_loss(model, batch_size)
            with config_of_inductor.patch(force_disable_caches=True):  # as who compiles it for the first time
                preparing = timed(lambda: model.train_step(batch, way), stage.device)
            found['compiled, samples/s'] = batch_size / _seconds(stage, lambda: model.train_step(batch, way))
            gained = batch_size / plain - batch_size / found['compiled, samples/s']
            found['compiling, s'], found['pays from, steps'] = preparing, preparing / gained if gained > 0 else 'never'
            vars(model).pop('loss')
        if stage.device == 'cuda':
            found['memory, MB'] = torch.cuda.max_memory_allocated() / 1e6
        with counted_macs() as macs:
            model.train_step(batch, optimizer)
    best = max(value for key, value in found.items() if key.endswith('samples/s'))
    found['share of the float32 peak, %'] = 100 * 2 * macs[0] / batch_size * best / peak
    return found


def parts(stage: Stage, size: str, batch_size: int) -> Iterator[Row]:
    """Milliseconds of the parts of a ReCon step, and of the teachers that it does without."""
    config = load_config(ROOT / f'configs/recon/{size}.py')
    with made_ready(config, batch_size, stage.device) as (model, batch, optimizer):
        ready = model.data_preprocessor(batch, training=True)
        wrapper = AutocastOptimWrapper(optimizer=optimizer.optimizer) if stage.device == 'cuda' else optimizer
        images = torch.rand(batch_size, 3, 224, 224, device=stage.device)
        teachers = live_teachers(model, stage.device)

        def forward() -> Any:
            with wrapper.optim_context(model):
                return sum(model.loss(**ready).values())

        calls = {
            'augmentation': lambda: model.data_preprocessor(batch, training=True),
            'farthest points, neighbors': lambda: model.backbone.group(ready['points']),
            'forward, with grouping': forward,
            'forward and backward': lambda: forward().backward(),
            'optimizer': lambda: optimizer.optimizer.step(),
        }
        if 'image' in teachers:
            calls['image teacher, not in our step'] = torch.no_grad()(lambda: teachers['image'](images))
        if 'text' in teachers:
            calls['text teacher, not in our step'] = torch.no_grad()(lambda: teachers['text'](['a chair'] * batch_size))
        for name, call in calls.items():
            yield {'what': f'ReCon-{size}, {name}', 'ours, ms': 1e3 * _seconds(stage, call, 5)}


def cost(stage: Stage) -> Iterator[Row]:
    """Samples a second of ReCon as clouds, groups, batches or depth grow."""
    size, batch_size = ('base', 128) if stage.device == 'cuda' else ('nano', 16)
    peak = 2 * matmul_peak(stage.device)
    for what, values in LARGER.items():
        for value in values[:2] if stage.quick else values:
            if stage.over:
                yield {'what': 'time is up: sizes are missing'}
                return
            config = load_config(ROOT / f'configs/recon/{size}.py')
            if what in ('num_groups', 'depth'):
                config.model.backbone[what] = value
            if what == 'num_points':
                config.train_dataloader.dataset.num_points = value
                config.data_preprocessor.train = [
                    entry for entry in config.data_preprocessor.train if 'Sample' not in entry.type
                ]
            found = speed(stage, config, value if what == 'batch_size' else batch_size, peak)
            best = max(value for key, value in found.items() if key.endswith('samples/s'))
            yield {'what': what, 'value': value, 'samples/s': best, 'memory, MB': found.get('memory, MB')}


def _seconds(stage: Stage, call: Any, rounds: int = 10) -> float:
    """Mean seconds of calls in a row, after a few that compile and fill caches; the GPU is waited for at the end."""
    rounds, warmup = (1, 1) if stage.quick else (rounds, 4) if stage.device == 'cuda' else (3, 1)
    for _ in range(warmup):
        call()
    return timed(lambda: [call() for _ in range(rounds)], stage.device) / rounds
