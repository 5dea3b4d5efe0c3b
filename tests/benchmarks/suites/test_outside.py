"""What comes from elsewhere: an encoder in a file of ten lines, and a protocol in one class."""

from __future__ import annotations

import dataclasses
import json
import runpy
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from benchmarks.encoders import Encoder
from benchmarks.protocols.base import PROTOCOLS, Protocol, find_protocol
from benchmarks.protocols.measurement import classified
from benchmarks.run.plan import list_text
from benchmarks.run.tables import table_of
from benchmarks.suites.catalog import all_suites, find_suite
from benchmarks.suites.job import JOB_TYPES
from benchmarks.suites.planner import Planner, encoder_row
from benchmarks.suites.profiles import find_profile
from tests.benchmarks.run.here import finish
from zoo.config import ROOT
from zoo.errors import UsageError
from zoo.tensors import tensor_digest

PROFILE = dataclasses.replace(find_profile('smoke'), variants=('cad',), scan='cad')

FILE = """
import torch
from torch import nn

class Tiny(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layer = nn.Linear(3, width)

    def forward(self, points):
        return self.layer(points).relu().amax(1)

def moments(points, power=2):
    return torch.cat([points.mean(1), (points ** power).mean(1)], 1)

def broken(points):
    return points
"""


PROTOCOL = """
from dataclasses import dataclass
from benchmarks.protocols.base import Protocol
from benchmarks.protocols.measurement import classified

@dataclass(frozen=True)
class Argmax(Protocol):
    '''Class by the largest feature.'''
    name, title = 'argmax', 'largest feature'

    def run(self, encoder, data, context):
        _, _, test, truth = context.features(encoder, data)
        classes = data.test.classes
        return classified(truth, test.argmax(1) % len(classes), classes, {})
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text(FILE)
    return path


@pytest.fixture(autouse=True)
def _no_data(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))
    monkeypatch.setenv('ZOO_PACKS', '')


@dataclass(frozen=True)
class NearestMean(Protocol):
    """Nearest class mean of frozen features.

    Attributes:
        scale: factor of all features.
    """

    scale: float = 1.0

    name, version, title = 'nearest_mean', 3, 'nearest mean'
    note = 'Nearest mean: no parameter.'

    def run(self, encoder, data, context):
        train, labels, test, truth = context.features(encoder, data)
        means = np.stack([self.scale * train[labels == label].mean(0) for label in range(len(data.test.classes))])
        nearest = np.linalg.norm(self.scale * test[:, None] - means, axis=2).argmin(1)
        return classified(truth, nearest, data.test.classes, self.settings)


def test_a_protocol_in_one_class_is_listed_runs_and_makes_a_record_and_a_column(tmp_path, file):
    assert f'nearest_mean            {NearestMean.__doc__.splitlines()[0][:-1]}' in list_text()
    name = f'{__name__}:NearestMean'
    assert NearestMean.spec() == name
    assert find_suite('suite', name) is find_suite('suite', 'nearest_mean')
    planner = Planner(PROFILE, pattern='', encoders=(encoder_row(f'{file}:Tiny', {}),))
    (made,) = all_suites()['nearest_mean'].plan(planner)
    JOB_TYPES.pop(name, None)  # as in a process that has not heard of it
    results = finish(made.jobs.values(), tmp_path)
    table = table_of(made, results)
    assert table.header[-1] == 'procedural cad, nearest mean'
    assert 'Nearest mean: no parameter.' in table.notes
    assert [row[0] for row in table.rows] == ['from scratch', 'PointNet from scratch', 'Tiny']
    key = made.figures[2].key
    record = results.store.results[key].record
    assert (record.protocol.name, record.protocol.version, record.protocol['scale']) == ('nearest_mean', 3, 1.0)
    assert record.metrics['oa'] == table.rows[2][-1].value.mean
    # What it is set to and how it is written are part of the key.
    other = planner.measure(NearestMean(2.0), planner.source('procedural-cad'), planner.encoders[0], 0)
    assert other.key != key


def test_names_of_protocols_are_taken_once():
    with pytest.raises(ValueError, match=r"named 'svm' already: benchmarks.protocols.svm.SVM"):
        type('Other', (Protocol,), {'name': 'svm', '__module__': __name__})
    assert PROTOCOLS['svm'].__name__ == 'SVM'
    with pytest.raises(UsageError, match='choose from'):
        find_protocol('luck')
    with pytest.raises(UsageError, match='is no Protocol'):
        find_protocol(f'{__name__}:FILE')


def test_every_protocol_has_what_lists_and_tables_say_of_it():
    own = [protocol for protocol in PROTOCOLS.values() if protocol.__module__.startswith('benchmarks.')]
    assert len(own) >= 16
    for protocol in own:
        made = protocol()
        assert protocol.of(json.loads(json.dumps(made.settings))) == made
        assert made.column
        assert made.recorded
        assert protocol.__doc__.split('\n')[0].endswith('.')
        assert made.seconds({'student': 'recon-nano', 'points': 512}) > 0
        assert protocol.suite in (None, '', *all_suites())


@pytest.mark.slow
def test_an_encoder_of_a_file_stands_beside_random_weights_in_every_frozen_table(tmp_path, file):
    row = encoder_row(f'{file}:Tiny', {'width': 5})
    assert row.label == 'Tiny (width=5)'
    planner = Planner(PROFILE, pattern='', encoders=(row,))
    suites = [suite for suite in all_suites().values() if suite.encoders and suite.name != 'nearest_mean']
    assert {suite.name for suite in suites} >= {'svm', 'frozen', 'few_shot', 'robustness_frozen', 'leaderboard'}
    plans = [plan for suite in suites for plan in suite.plan(planner)]
    results = finish([job for plan in plans for job in plan.jobs.values()], tmp_path / 'out')
    shown = {}
    for plan in plans:
        table = table_of(plan, results)
        assert [line[0] for line in table.rows] == ['from scratch', 'PointNet from scratch', row.label]
        assert any(note.startswith('Tiny (width=5): an encoder from elsewhere') for note in table.notes)
        assert not any('Pretraining' in note for note in table.notes)
        shown |= {column: table.rows[2][table.header.index(column)].value for column in plan.columns}
    wanted = ('SVM', 'kNN', 'MLP-Linear', 'MLP-3', '5-way 2-shot', 'mean of the seven', 'drop local')
    for words in wanted:
        (found,) = {value.mean for column, value in shown.items() if column.endswith(words)}
        assert found >= 0
    record = next(results.store.results[f.key].record for plan in plans for f in plan.figures if f.row == row.label)
    said = record.protocol['encoder']
    assert (said['module'], said['factory'], said['arguments']) == ('mine.py', 'Tiny', {'width': 5})
    assert said['code'] == record.config_sha256 == row.encoder['code']
    assert record.weights_digest == tensor_digest(Encoder.named(f'{file}:Tiny', {'width': 5}).build().state_dict())
    assert record.model == row.label
    assert not record.pretraining


def test_its_key_follows_its_source_its_arguments_and_its_tensors(file, tmp_path):
    def key(row):
        planner = Planner(PROFILE, pattern='', encoders=(row,))
        return planner.measure(PROTOCOLS['svm'](), planner.source('procedural-cad'), row, 0).key

    first = key(encoder_row(f'{file}:Tiny', {}))
    torch.manual_seed(99)  # weights are drawn from a seed of their own
    assert key(encoder_row(f'{file}:Tiny', {})) == first
    assert key(encoder_row(f'{file}:Tiny', {'width': 9})) != first
    other = tmp_path / 'other' / 'mine.py'
    other.parent.mkdir()
    other.write_text(FILE.replace('relu()', 'tanh()'))
    changed = encoder_row(f'{other}:Tiny', {})
    assert changed.encoder['tensors'] == encoder_row(f'{file}:Tiny', {}).encoder['tensors']
    assert changed.encoder['code'] != encoder_row(f'{file}:Tiny', {}).encoder['code']
    with pytest.raises(UsageError, match='other tensors'):
        Encoder.named(f'{file}:Tiny', {}).build('0' * 64)


def test_functions_and_modules_and_released_models(file):
    cubes = Encoder.named(f'{file}:moments', {'power': 3}).build()
    points = torch.rand(2, 10, 3)
    assert torch.equal(cubes(points)[:, 3:], (points**3).mean(1))
    released = Encoder.named('point-mae-nano_procedural', {})
    assert released.label == 'point-mae-nano_procedural'
    assert released.build()(torch.rand(2, 64, 3)).shape == (2, 96)


@pytest.mark.parametrize(
    ('name', 'arguments', 'words'),
    [
        ('{file}:nothing', {}, "has no 'nothing'"),
        ('nowhere.py:f', {}, 'there is no file'),
        ('no_such_module:f', {}, 'cannot be imported'),
        ('{file}:Tiny', {'depth': 3}, 'depth'),
        ('{file}:FILE', {}, 'has no'),
        ('{file}:broken', {}, r'returns \(6, 256, 3\)'),
        ('recon-nono', {}, 'recon-nono'),
        ('torch:pi', {}, 'is a float'),
    ],
)
def test_an_encoder_that_is_none_is_one_line(file, name, arguments, words):
    with pytest.raises(UsageError, match=words) as caught:
        encoder_row(name.format(file=file), arguments)
    assert '\n' not in str(caught.value)


def test_models_of_torch_pointcloud(tmp_path):
    pytest.importorskip('torch_pointcloud')
    row = encoder_row('torch-pointcloud:pointnet.modelnet40', {})
    assert row.label == 'pointnet.modelnet40'
    assert row.encoder['code'].startswith('')
    planner = Planner(PROFILE, pattern='', encoders=(row,))
    job = planner.measure(PROTOCOLS['svm'](), planner.source('procedural-cad'), row, 0)
    record = finish([job], tmp_path).store.results[job.key].record
    assert record.protocol['encoder']['arguments'] == {'name': 'pointnet.modelnet40'}
    with pytest.raises(UsageError, match='torch-pointcloud, pointnot'):
        encoder_row('torch-pointcloud:pointnot', {})


@pytest.mark.slow
def test_the_command_line(tmp_path, file, capsys):
    main = runpy.run_path(str(ROOT / 'tools' / 'benchmark.py'))['main']
    assert main(['--check-encoder', '--encoder', f'{file}:Tiny', '--encoder-arg', 'width=4']) == 0
    assert 'keeps the contract, (6, 256, 3) to (6, 4)' in capsys.readouterr().out
    assert main(['--check-encoder', '--encoder', f'{file}:broken']) == 1
    assert 'expected (B, F)' in capsys.readouterr().out
    for arguments, words in {
        ('--encoder-arg', 'a=1', '--suite', 'svm'): 'goes with --encoder',
        ('--encoder', f'{file}:Tiny', '--encoder-arg', 'width'): 'expected NAME=VALUE',
        ('--encoder', f'{file}:Tiny', '--suite', 'modelnet40'): 'trains what it measures',
        ('--encoder', f'{file}:broken', '--suite', 'svm'): '--check-encoder says all',
    }.items():
        with pytest.raises(UsageError, match=words):
            main([*arguments, '--plan', '--out', str(tmp_path)])
    assert main(['--encoder', f'{file}:Tiny', '--profile', 'smoke', '--plan', '--out', str(tmp_path / 'out')]) == 0
    printed = capsys.readouterr().out
    for words in ('svm Tiny on procedural-cad', 'knn from scratch', 'mlp3 Tiny', 'corruption-svm Tiny', 'few-shot 5w'):
        assert words in printed
    assert 'pretrain' not in printed
    own = tmp_path / 'own.py'
    own.write_text(PROTOCOL)
    arguments = [
        '--encoder',
        f'{file}:Tiny',
        '--models',
        'point-mae',
        '--suite',
        f'{own}:Argmax',
        '--profile',
        'smoke',
    ]
    assert main([*arguments, '--out', str(tmp_path / 'out'), '--jobs', '1']) == 0
    rows = [line.split('|') for line in capsys.readouterr().out.splitlines() if line.startswith('|')]
    assert rows[0][-2].strip() == 'procedural obj_bg, largest feature'
    assert [row[1].strip() for row in rows[3:6]] == ['PointNet from scratch', 'Tiny', 'point-mae-nano']
