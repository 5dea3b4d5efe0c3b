"""A training of one step on a dataset, so that a reader is tried by what it is for."""

from __future__ import annotations

from pathlib import Path

import torch

from zoo.config import load_config
from zoo.engine import build_runner, configure

RUNTIME = Path(__file__).resolve().parents[2] / 'configs' / '_base_' / 'runtime.py'

CONFIG = """
_base_ = [{base!r}]
custom_imports = dict(imports=['zoo.datasets'])
model = dict(
    type='PointClassifier',
    num_classes={num_classes},
    backbone=dict(
        type='PointTransformer', embed_dim=12, depth=1, num_heads=1, queries=('cls',), fusion='joint', num_groups=8,
        group_size=8, patch_widths=(8, 8, 8),
    ),
)
data_preprocessor = dict(
    type='BatchPreprocessor', train=[dict(type='RandomSubsample', num_points=64), dict(type='UnitSphere')]
)
train_dataloader = dict(
    batch_size=4, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='zoo.zoo_collate'), dataset={dataset!r},
)
train_cfg = dict(type='IterLoop', max_iters=1)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.001))
"""


def train_one_step(folder: Path, dataset: dict, num_classes: int) -> float:
    """Train a tiny classifier for one step in this process; returns the largest change of a weight."""
    config = folder / 'config.py'
    config.write_text(CONFIG.format(base=str(RUNTIME), dataset=dataset, num_classes=num_classes))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        runner = build_runner(configure(load_config(config), work_dir=folder / 'run', device='cpu'))
        before = [weight.detach().clone() for weight in runner.model.parameters()]
        runner.train()
    finally:
        torch.set_num_threads(threads)
    assert runner.iter == 1
    return max(
        float((new.detach() - old).abs().max()) for old, new in zip(before, runner.model.parameters(), strict=True)
    )
