from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from benchmarks import load_results
from benchmarks.records import Store
from benchmarks.records.files import write_note
from benchmarks.records.migrate import migrate
from benchmarks.records.older import read_record
from benchmarks.records.schema import NOT_KEPT
from benchmarks.run.harness import merge
from tests.benchmarks.records.examples import guesses, record
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

KEY = '0123456789abcdef' * 2
TWO = {
    **{name: ONE[name] for name in ('model', 'weights', 'weights_sha256', 'seed', 'per_class', 'seconds', 'source')},
    'config': 'configs/recon/nano.py',
    'config_sha256': 'c' * 64,
    'pretraining': {
        'config': '', 'data': 'D', 'fraction': 1.0, 'teachers': 'points', 'epochs': 20, 'seed': 0,
        'extra': {'objects': 2150},
    },
    'dataset': {
        'name': 'D', 'split': 'test', 'variant': 'cad', 'fingerprint': 'b' * 64, 'samples': 100, 'classes': 4,
        'train_fingerprint': '', 'train_samples': None, 'extra': {},
    },
    'protocol': {
        'name': 'svm', 'version': 1, 'points': 512, 'voting': 'none', 'epoch_selection': 'last', 'augmentation': None,
        'batch_size': None, 'extra': {'C': 0.075},
    },
    'metrics': {'oa': 70.0},
    'predictions': '',
    'reference': '',
    'environment': {'torch': '2.13', 'device': 'cpu', 'threads': 1, 'precision': 'float32', 'commit': 'a', 'extra': {}},
    'date': '2026-11-26',
    'job': KEY,
    'version': 2,
}  # fmt: skip
"""Layout 2 as it was written."""


def written(tmp_path, base=ONE, **changes):
    path = tmp_path / 'r.json'
    path.write_text(json.dumps({**base, **changes}))
    return path


def test_layout_1_is_read_as_the_current_one(tmp_path):
    one = read_record(written(tmp_path))
    assert one.layout == 4
    assert (one.model, one.seed, one.metrics, one.date) == ('ReCon-nano', 1, {'oa': 51.6}, '2026-11-23')
    assert one.weights_digest == f'file:{"e" * 64}'
    assert (one.dataset.fingerprint, one.dataset.samples, one.dataset.split) == ('b' * 64, 1290, 'test')
    assert (one.dataset['labels_per_class'], one.protocol['C'], one.pretraining['objects']) == (12, 0.075, 2150)
    assert one.protocol.epoch_selection == 'last'
    for part in ('dataset', 'protocol', 'pretraining', 'environment'):
        for name, value in ONE[part].items():
            assert getattr(one, part)[name] == value, 'names of layout 1 are understood'


@pytest.mark.parametrize(('said', 'seen'), [({'seen_objects': 'all'}, 100), ({}, None)])
def test_layout_3_knew_of_seen_objects_all_or_nothing(said, seen, tmp_path):
    old = {**record().model_dump(), 'layout': 3}
    old['dataset'] = {**old['dataset'], **said}
    if not said:
        del old['dataset']['seen_objects']
    read = read_record(written(tmp_path, old))
    assert (read.layout, read.dataset.seen_objects, read.key) == (4, seen, record(dataset={'seen_objects': seen}).key)


def test_layout_2_is_read_as_the_current_one(tmp_path):
    one = read_record(written(tmp_path, TWO))
    assert (one.key, one.layout, one.weights_digest) == (KEY, 4, f'file:{"e" * 64}')
    assert one.protocol['C'] == 0.075
    assert one.dataset.train_samples is None
    for part in ('dataset', 'protocol', 'pretraining', 'environment'):
        stated = {name: value for name, value in TWO[part].items() if value not in (None, '') and name != 'extra'}
        assert dict(getattr(one, part)) == {**stated, **TWO[part]['extra']}


def test_fields_that_had_a_default_may_be_absent(tmp_path):
    path = tmp_path / 'r.json'
    path.write_text(json.dumps({name: value for name, value in ONE.items() if name not in ('per_class', 'seconds')}))
    assert read_record(path).seconds == 0.0


@pytest.mark.parametrize(
    ('base', 'changes', 'message'),
    [
        (ONE, {'dream': 1}, 'dream'),
        (ONE, {'dataset': {}}, 'name'),
        (ONE, {'protocol': 3}, 'broken part protocol'),
        (ONE, {'metrics': {'oa': 'high'}}, r'metrics\.oa'),
        (ONE, {'version': '1'}, 'layout 1, expected'),
        (ONE, {'version': 99}, 'layout 99, expected'),
        (ONE, {'seed': None}, 'seed'),
        (ONE, {'dataset': {**ONE['dataset'], 'samples': 3}}, 'twice'),
        (TWO, {'dream': 1}, 'dream'),
        (TWO, {'weights_sha256': None}, 'weights_sha256'),
        (TWO, {'dataset': {**TWO['dataset'], 'extra': {'name': 'x'}}}, 'repeats'),
    ],
)
def test_a_broken_record_is_named(tmp_path, base, changes, message):
    with pytest.raises(UsageError, match=message) as caught:
        read_record(written(tmp_path, base, **changes))
    assert 'r.json cannot be read' in str(caught.value)


@pytest.mark.parametrize('text', ['', '{', '[]', '7', '{"model": "a"}', '{"version": 2}', '[' * 100_000, '{"a": NaN}'])
def test_what_is_no_record_is_named(tmp_path, text):
    path = tmp_path / 'r.json'
    path.write_text(text)
    with pytest.raises(UsageError, match=r'r\.json cannot be read'):
        read_record(path)


def test_the_input_is_left_alone():
    before = json.dumps(ONE, sort_keys=True)
    migrate(ONE)
    assert json.dumps(ONE, sort_keys=True) == before


def old_out(out):
    """A folder as the harness left it before there were results files: one training, one measurement, one failure."""
    guess = guesses(0.7)
    arrays = {name: getattr(guess, name) for name in ('index', 'target', 'predicted', 'score')}
    total = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        total.update(f'{name} {array.dtype.str} {array.shape} '.encode() + array.tobytes())
    name = total.hexdigest()[:32]
    (out / 'records').mkdir(parents=True)
    np.savez_compressed(out / 'records' / f'{name}.npz', **arrays)
    (out / 'records' / 'recon_0.json').write_text(json.dumps({**TWO, 'predictions': name}))
    about = {'like': '', 'guess': 1.0, 'seconds': 2.0, 'cpu_seconds': 2.0}
    trained = {'weights': 'runs/pre/weights.safetensors', 'sha256': 'e' * 64, 'about': {'epochs': 20}}
    write_note(out / 'jobs' / 'pre.json', {
        **about, 'key': 'pre', 'kind': 'pretrain', 'label': 'pretrain', 'settings': {'seed': 0}, 'needs': {},
        'value': trained, 'files': {'runs/pre/weights.safetensors': 'f' * 64},
    })  # fmt: skip
    write_note(out / 'jobs' / f'{KEY}.json', {
        **about, 'key': KEY, 'kind': 'svm', 'label': 'svm', 'settings': {'seed': 1}, 'needs': {'weights': 'pre'},
        'value': {}, 'files': {'records/recon_0.json': 'f' * 64, f'records/{name}.npz': 'f' * 64},
    })  # fmt: skip
    write_note(out / 'failed' / 'bad.json', {'key': 'bad', 'label': 'bad', 'error': 'no luck'})
    figure = {'row': 'r', 'column': 'c', 'seed': 1, 'metric': 'oa', 'key': KEY, 'job': 'svm'}
    write_note(out / 'sheets' / 'packs' / 'svm.json', {
        'name': 'svm', 'title': 'T', 'rows': ['r'], 'columns': ['c'], 'figures': [figure], 'about': {}, 'missing': {},
        'notes': [], 'reference': '', 'curve': False, 'axes': ['', ''], 'better': 'more', 'digits': 1, 'suite': 'svm',
    })  # fmt: skip
    return out / 'records' / f'{name}.npz'


def test_an_old_folder_is_taken_whole(tmp_path):
    old_out(tmp_path / 'old')
    assert merge(tmp_path / 'new', [tmp_path / 'old']).endswith('holds 2 results, 1 failures and 1 tables')
    store = Store.of(tmp_path / 'new')
    trained, measured = store.results['pre'], store.results[KEY]
    assert trained.value == {
        'weights': 'runs/pre/weights.safetensors', 'digest': f'file:{"e" * 64}', 'about': {'epochs': 20}
    }  # fmt: skip
    assert (trained.files, trained.kind, trained.seconds) == (
        {'runs/pre/weights.safetensors': 'f' * 64},
        'pretrain',
        2.0,
    )
    assert (measured.needs, measured.files, measured.record.metrics) == ({'weights': 'pre'}, {}, {'oa': 70.0})
    assert measured.unpacked.objects == guesses(0.7).objects
    assert store.failures['bad'].error == 'no luck'
    assert store.plans['packs', 'svm'].figures[0].key == KEY
    before = store.path.read_bytes()
    merge(tmp_path / 'new', [tmp_path / 'old'])
    assert store.path.read_bytes() == before, 'taking it again changes nothing'


def test_bare_records_and_lost_predictions_are_taken(tmp_path):
    predictions = old_out(tmp_path / 'old')
    predictions.unlink()
    for name in ('jobs', 'failed', 'sheets'):
        (tmp_path / 'old' / name).rename(tmp_path / name)
    merge(tmp_path / 'new', [tmp_path / 'old'])
    assert Store.of(tmp_path / 'new').results[KEY].predictions == NOT_KEPT
    frame = load_results(tmp_path / 'new')
    assert (list(frame.index), frame['metrics.oa'][KEY], frame['predictions_lost'][KEY]) == ([KEY], 70.0, True)


@pytest.mark.parametrize('harm', ['record', 'note', 'predictions', 'nothing'])
def test_a_broken_old_folder_is_named(tmp_path, harm):
    predictions = old_out(tmp_path / 'old')
    if harm == 'nothing':
        (tmp_path / 'old').rename(tmp_path / 'gone')
        (tmp_path / 'old').mkdir()
    else:
        place = {'record': 'records/recon_0.json', 'note': 'jobs/pre.json'}.get(harm)
        path = tmp_path / 'old' / place if place else predictions
        path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UsageError, match='old'):
        merge(tmp_path / 'new', [tmp_path / 'old'])
    assert not (tmp_path / 'new' / 'results.jsonl.gz').exists() or not Store.of(tmp_path / 'new').results
