"""A folder of the harness with one student and what two seeds measured of it, small enough for a test."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

import zoo
from benchmarks.records import PredictionLists, Result
from benchmarks.run.results import Results
from benchmarks.suites.job import JOB_TYPES, Task
from zoo.config import ROOT, load_config
from zoo.tensors import tensor_digest

STUDENT, NAME = 'point-mae-nano', 'point-mae-nano_procedural'
SHAPES = {'type': 'ProceduralShapes', 'seed': 4, 'classes': ['chair', 'lamp', 'table'], 'num_points': 128}
ABOUT = {
    'config': 'configs/point_mae/nano.py',
    'config_sha256': 'a' * 64,
    'data': 'ProceduralShapes (built-in), 3 of 43 classes',
    'fraction': 1.0,
    'teachers': 'coordinates',
    'epochs': 2,
    'objects': 12,
    'fingerprint': 'b' * 64,
    'options': {},
}


def make_out(out: Path, student=STUDENT, header=None) -> Path:
    """Write the folder."""
    results = Results(out)
    torch.manual_seed(0)
    path = out / 'runs' / 'pre' / 'weights.safetensors'
    path.parent.mkdir(parents=True)
    config = load_config(f'configs/{student.rpartition("-")[0].replace("-", "_")}/nano.py').model.to_dict()
    tensors = {name: tensor.clone() for name, tensor in zoo.get_model(f'{student}_procedural').state_dict().items()}
    save_file(tensors, path, metadata={'model': json.dumps(header(config) if header else config)})
    value = {'weights': 'runs/pre/weights.safetensors', 'digest': tensor_digest(tensors), 'about': {**ABOUT, 'seed': 0}}
    settings = {
        'student': student, 'options': {}, 'offline': True, 'fraction': 100, 'seed': 0, 'data': ABOUT['data'],
        'dataset': {**SHAPES, 'split': 'train', 'num_objects': 12},
    }  # fmt: skip
    changes = {'pre': {}, 'half': {'fraction': 50}, 'other': {'options': {'model.mask.ratio': 0.5}}}
    for key, change in changes.items():
        results.store.add(Result(key=key, kind='pretrain', label=key, settings={**settings, **change}, value=value))
    for seed in (0, 1):
        measure(results, seed, value, student)
    return out


def measure(results, seed, source, student):
    """Run one real SVM job."""
    settings = {
        'student': student, 'data': 'ProceduralShapes', 'variant': 'cad', 'points': 128, 'seed': seed, 'per_class': 3,
        'train': {**SHAPES, 'split': 'train', 'num_objects': 15},
        'test': {**SHAPES, 'split': 'test', 'num_objects': 12},
    }  # fmt: skip
    key = f'{seed}' * 32
    outcome = JOB_TYPES['svm'].run(Task(key, settings, {'weights': source}, results.out))
    found = {'record': outcome.record, 'predictions': PredictionLists.pack(outcome.predictions)}
    results.store.add(Result(key=key, kind='svm', label=key, settings=settings, needs={'weights': 'pre'}, **found))


def make_root(root: Path) -> Path:
    """A copy of the index of the project, to be written to."""
    for path in (ROOT / 'configs').glob('*/metafile.yml'):
        (root / 'configs' / path.parent.name).mkdir(parents=True)
        shutil.copy(path, root / 'configs' / path.parent.name)
    shutil.copy(ROOT / 'model_index.yml', root)
    return root
