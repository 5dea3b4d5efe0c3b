"""Does a GPU compute what the CPU computes? Every operation, method, teacher, training and protocol of the zoo."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from benchmarks.gpu.draws import SameDraws
from benchmarks.gpu.findings import Row, Stage
from benchmarks.protocols.base import FEATURES, Context, Data, load_all
from benchmarks.speed.steps import made_ready, step_config
from zoo import ops
from zoo.config import ROOT, load_config
from zoo.datasets import ProceduralShapes
from zoo.engine import build_runner, configure
from zoo.errors import UsageError
from zoo.hub import get_model
from zoo.hub.names import known_configs
from zoo.registry import TEACHERS
from zoo.tensors import read_tensors

FLOAT32, BFLOAT16 = 1e-5, 2e-2
"""Largest relative errors that are not called a fault."""


def correct(stage: Stage) -> Iterator[Row]:
    """Compare the device with the CPU, part by part; what it could not begin in its time is a row too."""
    for part in (operations, methods, teachers, trainings, protocols):
        yield from part(stage)
    yield {'what': 'all parts', 'equal': True} if not stage.over else {'what': 'time is up: parts are missing'}


def operations(stage: Stage) -> Iterator[Row]:
    """Geometry operations: indices equal to the last one, distances and gradients to rounding."""
    generator = torch.Generator().manual_seed(0)
    few, many = torch.randn(4, 1000, 3, generator=generator), torch.randn(2, 8192, 3, generator=generator)
    same = few[:, :8].repeat(1, 8, 1)
    a, b = (torch.randn(128, 32, 3, generator=generator) for _ in range(2))
    feature = torch.randn(2, 500, 16, generator=generator)

    def chamfer(x: Tensor, y: Tensor, norm: int) -> list[Tensor]:
        x, y = x.clone().requires_grad_(), y.clone().requires_grad_()
        distance = ops.chamfer_distance(x, y, norm=norm)
        return [distance, *torch.autograd.grad(distance, (x, y))]

    group = partial(ops.group, num_groups=32, group_size=24)
    cases: list[tuple[str, Callable[..., Any], tuple[Tensor, ...]]] = []
    clouds = {'4 x 1000': few, '2 x 8192': many, '64 points, 8 places': same, 'near the origin': few / 30}
    for name, points in clouds.items():
        for skip in (False, True):
            sample = partial(ops.farthest_point_sample, num_samples=48, skip_near_origin=skip)
            cases.append((f'farthest_point_sample, {name}, skip_near_origin={skip}', sample, (points,)))
        cases += [
            (f'knn, {name}', partial(ops.knn, k=32), (points[:, :40], points)),
            (f'group, {name}', group, (points,)),
            (f'group by shape, {name}', partial(group, order='shape'), (points,)),
            (f'ball_query, {name}', partial(ops.ball_query, radius=0.3, k=16), (points[:, :40], points)),
        ]
    cases += [
        ('group, fewer points than groups', group, (few[:, :20],)),
        ('feature_knn', partial(ops.feature_knn, k=20), (feature,)),
        *((f'chamfer_distance, norm {norm}, with gradients', partial(chamfer, norm=norm), (a, b)) for norm in (1, 2)),
    ]
    for name, call, given in cases:
        if stage.over:
            return
        yield _compared(name, call(*given), call(*(tensor.to(stage.device) for tensor in given)))


def methods(stage: Stage) -> Iterator[Row]:
    """Losses and gradients of one step of every config, in float32 and under autocast to bfloat16."""
    sizes = ('nano',) if stage.quick else ('nano', 'tiny', 'small', 'base')
    shapes = ProceduralShapes('train', 43)
    points = torch.stack([torch.from_numpy(shapes.points(index)) for index in range(8 if stage.quick else 16)])
    names = sorted((name for name in known_configs() if name.size in sizes), key=lambda name: sizes.index(name.size))
    for name in names:
        if stage.over:
            return
        with made_ready(step_config(name), len(points)) as (model, batch, _):
            batch['points'] = points  # contrast of random clouds, which are all alike, would magnify rounding
            _step(model, batch, 'cpu')  # loads the teachers, which may draw
            losses, gradient = _step(model, batch, 'cpu')
            plain = _step(model, batch, stage.device)
            half = _step(model, batch, stage.device, autocast=True)
        errors = {
            'error of losses': _error(plain[0], losses),
            'error of gradients': _error(plain[1], gradient),
            'losses, bfloat16': _error(half[0], losses),
            'gradients, bfloat16': _error(half[1], gradient),
        }
        exact = max(errors['error of losses'], errors['error of gradients']) < FLOAT32
        yield {'what': f'{name}, one step', 'equal': exact and errors['losses, bfloat16'] < BFLOAT16, **errors}


def teachers(stage: Stage) -> Iterator[Row]:
    """Features of the teachers whose weights are installed; the others are named."""
    TEACHERS.import_from_location()
    generator = torch.Generator().manual_seed(0)
    inputs: dict[str, Any] = {
        'image': torch.rand(4, 3, 224, 224, generator=generator),
        'text': ['a chair', 'a table lamp', 'a cup of tea', 'an airplane'],
    }
    for kind in sorted(TEACHERS.module_dict):
        modality = getattr(TEACHERS.get(kind), 'modality', None)
        if modality not in inputs or stage.over:
            continue
        try:
            teacher, given = TEACHERS.build({'type': kind}), inputs[modality]
            expected = teacher(given)
            teacher = teacher.to(stage.device)
            found = teacher(given.to(stage.device) if isinstance(given, Tensor) else given)
        except (UsageError, ImportError) as error:
            yield {'what': kind, 'note': str(error)[:60]}
            continue
        yield _compared(kind, expected, found, limit=1e-4)


def trainings(stage: Stage) -> Iterator[Row]:
    """The Runner: deterministic runs repeat bit by bit, resumed ones too, and processes train together."""
    for method in ('point2vec', 'recon_smc', 'point_mae')[: 1 if stage.quick else None]:
        config = f'configs/{method}/nano.py'
        if stage.over:
            return
        with TemporaryDirectory() as folder:
            runs = whole, again, parts = [Path(folder, name) for name in ('whole', 'again', 'parts')]
            _train(config, whole, stage.device)
            _train(config, again, stage.device)
            with contextlib.suppress(_Stopped):
                _train(config, parts, stage.device, stop=True)
            _train(config, parts, stage.device)
            found = [read_tensors(run / 'weights.safetensors') for run in runs]
        for what, other in zip(('two runs, deterministic', 'resumed after one of two epochs'), found[1:], strict=True):
            same = found[0].keys() == other.keys() and all(torch.equal(found[0][name], other[name]) for name in other)
            yield {'what': f'{config}, {what}', 'equal': same}
    with TemporaryDirectory() as folder:
        for processes in (1, 2):
            if stage.over or (stage.device == 'cuda' and processes > torch.cuda.device_count()):
                continue
            command = [
                sys.executable, '-m', 'torch.distributed.run', '--standalone', f'--nproc_per_node={processes}',
                'tools/train.py', 'configs/point_mae/nano.py', '--launcher', 'pytorch', '--device', stage.device,
                '--work-dir', f'{folder}/{processes}', '--cfg-options', 'train_cfg.max_epochs=1',
                'train_dataloader.dataset.num_objects=86',
            ]  # fmt: skip
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
            last = (done.stderr.strip().splitlines() or [''])[-1][:60]
            note = {} if done.returncode == 0 else {'note': last}
            yield {'what': f'{processes} processes train together', 'equal': done.returncode == 0, **note}


def protocols(stage: Stage) -> Iterator[Row]:
    """Accuracy of every protocol on frozen features: the same objects right, but for what rounding decides."""
    count = 43 if stage.quick else 215
    train, test = (ProceduralShapes(split, count, num_points=512) for split in ('train', 'test'))
    for name, protocol in load_all().items():
        ours = protocol.requires == FEATURES and protocol.__module__.startswith('benchmarks.')
        if not ours or stage.over or (stage.quick and name not in ('svm', 'knn')):
            continue
        found = []
        for device in ('cpu', stage.device):
            torch.manual_seed(0)
            model = get_model(ROOT / 'configs/recon/nano.py', features_only=True, pool=protocol.pool)
            with TemporaryDirectory() as folder:
                context = Context(512, device=device, work=Path(folder), out=Path(folder))
                found.append(protocol().run(model, Data(train, test), context).metrics[protocol.metric])
        yield {'what': f'protocol {name}', 'equal': abs(found[0] - found[1]) < 2.5, 'cpu': found[0], 'device': found[1]}


class _Stopped(Exception):
    """Raised in the middle of a training, as a kill would end it."""


def _train(config: str, folder: Path, device: str, stop: bool = False) -> None:
    """Train two epochs on few clouds; with ``stop`` until the first checkpoint."""
    options = {
        'train_cfg.max_epochs': 2,
        'train_dataloader.dataset.num_objects': 86,
        'randomness.deterministic': True,
    }
    runner = build_runner(configure(load_config(ROOT / config, options), work_dir=folder, resume='auto', device=device))
    if stop:
        save = runner.save_checkpoint

        def stopped(*args: Any, **kwargs: Any) -> None:
            save(*args, **kwargs)
            raise _Stopped

        runner.save_checkpoint = stopped
    runner.train()


def _step(model: Any, batch: dict[str, Any], device: str, autocast: bool = False) -> tuple[Tensor, Tensor]:
    """Losses, and the gradient of their sum as one vector, on the CPU."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.to(device).zero_grad(set_to_none=True)
    # Draws of the optimizer's step are none; those of the augmentation and the mask are the same everywhere.
    with SameDraws(), torch.autocast(device, torch.bfloat16, enabled=autocast):
        losses = model(**model.data_preprocessor(batch, training=True), mode='loss')
    sum(losses.values()).backward()
    gradients = [parameter.grad.flatten().cpu() for parameter in model.parameters() if parameter.grad is not None]
    values = torch.stack([loss.detach().float().cpu() for loss in losses.values()])
    model.load_state_dict(before)
    return values, torch.cat(gradients)


def _compared(name: str, expected: Any, found: Any, limit: float = FLOAT32) -> Row:
    """A row on tensors of two devices: whole numbers are equal, others to a relative error."""
    pairs = zip(*([value] if isinstance(value, Tensor) else list(value) for value in (expected, found)), strict=True)
    wrong, error = 0, 0.0
    for left, right in pairs:
        right = right.detach().cpu()
        if left.dtype.is_floating_point:
            error = max(error, _error(right, left.detach()))
        else:
            wrong += int((left != right).sum())
    return {'what': name, 'equal': not wrong and error < limit, 'wrong indices': wrong, 'error': error}


def _error(found: Tensor, expected: Tensor) -> float:
    """Norm of the difference, relative to that of what is expected."""
    return float(torch.linalg.vector_norm(found - expected) / torch.linalg.vector_norm(expected).clamp_min(1e-12))
