from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.records.migrate import migrate
from benchmarks.records.record import read_record
from zoo.errors import UsageError

ONE = {
    'model': 'ReCon-nano',
    'weights': 'weights.safetensors',
    'weights_sha256': 'e' * 64,
    'pretraining': {
        'config': 'configs/recon/nano.py',
        'data': 'D',
        'epochs': 20,
        'objects': 2150,
        'teachers': 'points',
    },
    'dataset': {
        'name': 'D',
        'variant': 'cad',
        'test_fingerprint': 'b' * 64,
        'train_fingerprint': 'a' * 64,
        'test_samples': 1290,
        'classes': 43,
        'labels_per_class': 12,
    },
    'protocol': {'name': 'svm', 'version': 1, 'voting': 'none', 'points': 512, 'C': 0.075, 'key': '86b57d46dcc597f3'},
    'seed': 1,
    'metrics': {'oa': 51.6},
    'per_class': {},
    'seconds': 1.4,
    'source': 'measured',
    'environment': {'torch': '2.13', 'device': 'cpu', 'threads': 2, 'precision': 'float32', 'commit': 'ceba7f2'},
    'date': '2026-11-23',
    'version': 1,
}
"""Layout 1 as it was written."""


def written(tmp_path: Path, **changes):
    path = tmp_path / 'r.json'
    path.write_text(json.dumps({**ONE, **changes}))
    return path


def test_layout_1_is_read_as_layout_2(tmp_path):
    one = read_record(written(tmp_path))
    assert one.version == 2
    assert (one.model, one.seed, one.metrics, one.date) == ('ReCon-nano', 1, {'oa': 51.6}, '2026-11-23')
    assert (one.dataset.fingerprint, one.dataset.samples, one.dataset.split) == ('b' * 64, 1290, 'test')
    assert one.dataset.extra == {'labels_per_class': 12}
    assert one.protocol.epoch_selection == 'last'
    assert one.protocol.extra == {'C': 0.075, 'key': '86b57d46dcc597f3'}
    assert one.pretraining.extra == {'objects': 2150}
    assert one.environment.commit == 'ceba7f2'


def test_names_of_layout_1_are_still_understood(tmp_path):
    one = read_record(written(tmp_path))
    for part in ('dataset', 'protocol', 'pretraining', 'environment'):
        for name, value in ONE[part].items():
            assert getattr(one, part)[name] == value


def test_a_migrated_record_is_written_in_the_new_layout(tmp_path):
    one = read_record(written(tmp_path))
    one.save(tmp_path / 'new.json')
    assert json.loads((tmp_path / 'new.json').read_text())['version'] == 2
    assert read_record(tmp_path / 'new.json') == one


def test_fields_that_had_a_default_may_be_absent(tmp_path):
    path = tmp_path / 'r.json'
    path.write_text(json.dumps({name: value for name, value in ONE.items() if name not in ('per_class', 'seconds')}))
    assert read_record(path).seconds == 0.0


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'dream': 1}, 'dream'),
        ({'dataset': {}}, 'broken part'),
        ({'protocol': 3}, 'broken part'),
        ({'metrics': {'oa': 'high'}}, r'metrics\.oa'),
        ({'version': '1'}, 'layout 1'),
        ({'seed': None}, 'seed'),
        ({'dataset': {**ONE['dataset'], 'samples': 3}}, 'twice'),
    ],
)
def test_a_broken_layout_1_is_named(tmp_path, changes, message):
    with pytest.raises(UsageError, match=message):
        read_record(written(tmp_path, **changes))


def test_the_input_is_left_alone():
    before = json.dumps(ONE, sort_keys=True)
    migrate(ONE)
    assert json.dumps(ONE, sort_keys=True) == before
