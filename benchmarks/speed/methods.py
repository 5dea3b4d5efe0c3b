"""Size and speed of the pretraining methods, or of one config.

Run ``python tools/profile.py --methods`` or ``python tools/profile.py CONFIG``.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import torch
from tqdm import tqdm

from benchmarks.report import Table
from benchmarks.speed.steps import count_parameters, forward_macs, matmul_peak, measure_steps
from benchmarks.speed.timing import machine
from zoo.config import load_config
from zoo.errors import UsageError
from zoo.hub.names import known_configs, parse_name
from zoo.registry import MODELS

GROUPS = (64, 128)
MISSING = '–'


def method_names() -> list[str]:
    """Methods that have a pretraining config, with other backbones than their own too, as in model names."""
    return list(dict.fromkeys(name.stem for name in known_configs()))


def methods_table(
    methods: Sequence[str] = (), *, batch_size: int = 64, steps: int = 12, threads: int = 1, device: str = 'cpu'
) -> Table:
    """Parameters, multiply-accumulates, memory and speed of every method.

    Args:
        methods: names of methods; all by default.
        batch_size: number of clouds of a step.
        steps: number of steps, the fastest of which is reported.
        threads: number of threads of torch.
        device: ``cpu`` or ``cuda``.

    Raises:
        UsageError: unknown method.
    """
    known = method_names()
    unknown = sorted(set(methods) - set(known))
    if unknown:
        raise UsageError(f'unknown method {unknown[0]!r}: choose from {", ".join(known)}')
    rows = []
    for method in tqdm(list(methods or known), unit='method', leave=False, disable=None):
        base, nano = (parse_name(f'{method}-{size}').config for size in ('base', 'nano'))
        cells = [MISSING] * 3
        if base.is_file():
            model: Any = load_config(base).model
            macs = forward_macs(model.backbone.to_dict(), GROUPS)
            cells = [f'{count_parameters(MODELS.build(model)) / 1e6:.2f}', *(f'{count / 1e9:.2f}' for count in macs)]
        if nano.is_file():
            # In a process of its own, whose memory nothing else has used.
            with ProcessPoolExecutor(1, get_context('spawn'), torch.set_num_threads, (threads,)) as process:
                cost = process.submit(measure_steps, load_config(nano), batch_size, steps, device=device).result()
            cells += [f'{cost.parameters / 1e6:.2f}', f'{cost.peak_bytes / 1e6:.0f}', f'{cost.samples_per_second:.0f}']
        else:
            cells += [MISSING] * 3
        rows.append([method, *cells])
    return Table(
        'Pretraining methods: size at base, one pretraining step at nano',
        [
            'method',
            'parameters, base (M)',
            *(f'GMACs, base, {groups} groups' for groups in GROUPS),
            'parameters, nano (M)',
            'peak memory, nano (MB)',
            'samples/s, nano',
        ],
        rows,
        [
            'Parameters: all that is trained in pretraining, decoder and projections included, frozen teachers not.',
            'GMACs: one cloud through the student as it is fine-tuned, nothing masked, matrix products only. The usual '
            'patch embedding takes 0.38 (64 groups) more, as it does for every point what is done here once a group.',
            f'Step: augmentation, grouping, forward, backward, optimizer at batch {batch_size}, features of image and '
            'text teachers given, tokenizers with random weights part of the step; the fastest of '
            f'{steps} steps, one process per method, memory above what the imports take.',
            machine(threads, device),
        ],
    )


def config_table(config: str, *, batch_size: int = 0, steps: int = 12, threads: int = 0, device: str = 'cpu') -> Table:
    """Parameters, multiply-accumulates, speed and share of the device's matrix-product speed of one config.

    Args:
        config: config file.
        batch_size: number of clouds of a step; 0 takes that of the config.
        steps: number of steps, the fastest of which is reported.
        threads: number of threads of torch; 0 leaves its default.
        device: ``cpu`` or ``cuda``.

    Raises:
        UsageError: the config has no training data or optimizer.
    """
    loaded = load_config(config)
    lacking = [key for key in ('model', 'train_dataloader', 'optim_wrapper') if key not in loaded]
    if lacking:
        raise UsageError(f'config {config} has no {lacking[0]}: give one that trains a model')
    if threads:
        torch.set_num_threads(threads)
    cost = measure_steps(loaded, batch_size, steps, device=device)
    peak = matmul_peak(device)
    backbone, macs = loaded.model.get('backbone'), MISSING
    if backbone is not None and 'num_groups' in backbone:
        macs = f'{forward_macs(backbone.to_dict(), [backbone.num_groups])[0] / 1e9:.2f} at {backbone.num_groups} groups'
    rows = [
        ['trained parameters', f'{cost.parameters / 1e6:.2f} M'],
        ['GMACs of one cloud through the student', macs],
        ['GMACs of a training step per sample', f'{cost.macs / 1e9:.2f}'],
        ['samples/s', f'{cost.samples_per_second:.1f}'],
        ['peak memory', f'{cost.peak_bytes / 1e6:.0f} MB'],
        ['matrix products of this machine', f'{peak / 1e9:.1f} GMAC/s'],
        ['share of that speed', f'{100 * cost.macs * cost.samples_per_second / peak:.1f} %'],
    ]
    batch = batch_size or loaded.train_dataloader.batch_size
    note = f'Training step at batch {batch} without reading data and without frozen teachers; fastest of {steps}.'
    return Table(f'{config}', ['what', 'measured'], rows, [note, machine(torch.get_num_threads(), device)])
