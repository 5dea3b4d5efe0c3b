from __future__ import annotations

import json

import pytest

from benchmarks.gpu.findings import Stage
from benchmarks.gpu.report import report
from benchmarks.gpu.step import cost, parts, step
from benchmarks.gpu.train import train
from zoo.errors import UsageError

MACHINE = {'torch': '2.0', 'date': '2026-01-01', 'commit': 'abc', 'processor': 'a processor', 'threads': 1, 'cores': 2}


@pytest.mark.slow
def test_every_stage_measures(tmp_path):
    stage = Stage('cpu', 600, True, tmp_path)
    rows = list(step(stage))
    first = {row['what'].split()[0] for row in rows}
    assert first == {'FPS', 'kNN', 'groups', 'Chamfer', 'step', 'features', 'point-mae-nano,', 'recon-nano,'}
    named = next(row for row in rows if row['what'].startswith('recon-nano'))
    assert 1.7 < named['parameters, M'] < 1.9
    assert named['float32, samples/s'] > 0
    assert all(row['ours, ms'] > 0 for row in parts(stage, 'nano', 4))
    assert {row['what'] for row in cost(stage)} == {'num_points', 'num_groups', 'batch_size', 'depth'}


@pytest.mark.slow
def test_training_ends_in_time_and_goes_on(tmp_path):
    assert 'exit code' in list(train(Stage('cpu', 5, True, tmp_path)))[-1]['what']
    rows = list(train(Stage('cpu', 600, True, tmp_path)))
    assert any(row['what'].startswith('from scratch, svm on ProceduralShapes') for row in rows)
    assert not any('exit code' in row['what'] for row in rows)


def test_the_page_holds_what_was_kept(tmp_path):
    folder = tmp_path / 'a'
    folder.mkdir()
    with pytest.raises(UsageError, match=r'holds no check\.json'):
        report([folder], tmp_path, {'check': 'Check', 'cost': 'Cost'})
    rows = [{'what': 'depth', 'value': 4, 'samples/s': 100.0}, {'what': 'depth', 'value': 8, 'samples/s': 25.0}]
    (folder / 'cost.json').write_text(json.dumps({'machine': MACHINE, 'rows': rows}), 'utf-8')
    report([folder], tmp_path, {'check': 'Check', 'cost': 'Cost'})
    page = (tmp_path / 'speed.md').read_text('utf-8')
    assert '## a processor, 1 of 2 threads' in page
    assert '| depth  | 8       | 25.00       |' in page
    assert 'Not measured' in page
    assert (tmp_path / 'speed_a.svg').read_text('utf-8').startswith('<?xml')
    (folder / 'cost.json').write_text(json.dumps({'machine': {**MACHINE, 'card': 'a card'}, 'rows': rows}), 'utf-8')
    report([folder], tmp_path, {'check': 'Check', 'cost': 'Cost'})
    assert 'Not measured' not in (tmp_path / 'speed.md').read_text('utf-8')
