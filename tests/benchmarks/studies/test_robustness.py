from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.protocols.corruption_errors import CorruptionRow, corruption_errors
from benchmarks.records import Record, Store
from benchmarks.studies import robustness
from benchmarks.studies.robustness import Budget, Contender, run_study
from benchmarks.studies.robustness_table import accuracy_table, error_table, severity_table
from zoo.errors import UsageError
from zoo.transforms import SEVERITIES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
CASES = {'corruptions': ('scale', 'drop_local'), 'severities': (1, 5)}
TINY = Budget(objects=43, epochs=1, test_objects=43, num_points=64, seeds=1, **CASES)
TINY_OPTIONS = ['--objects', '43', '--epochs', '1', '--test-objects', '43', '--num-points', '64', '--seeds', '1']
FEW_CASES = ['--corruptions', 'scale', 'drop_local', '--severities', '1', '5']


def command(*options):
    call = [sys.executable, '-m', 'benchmarks.studies.robustness', *map(str, options)]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    """The command line, run once: two students from scratch, the second one the reference."""
    out = tmp_path_factory.mktemp('robustness')
    models = ['--models', 'recon-nano', 'point-mae-nano', '--reference', 'point-mae-nano']
    result = command('--out', out, *models, *TINY_OPTIONS, *FEW_CASES)
    assert result.returncode == 0, result.stderr
    return out, result.stdout


CONTENDERS = [Contender('recon-nano'), Contender('point-mae-nano')]
REFERENCE = CONTENDERS[1].label


def test_the_command_measures_every_row_and_prints_the_tables(finished):
    out, printed = finished
    records = [result.record for result in Store.of(out).results.values()]
    assert {record.model for record in records} == {'point-mae-nano, from scratch', 'recon-nano, from scratch'}
    text = (out / 'table.md').read_text('utf-8')
    assert text in printed
    for record in records:
        assert record.protocol['name'] == 'corruption'
        assert record.protocol['epoch_selection'] == 'last'
        assert record.dataset['train_fingerprint'] != record.dataset['test_fingerprint']
        assert {f'oa/{name}/{severity}' for name in CASES['corruptions'] for severity in (1, 5)} <= set(record.metrics)
        assert record.config == 'configs/finetune/procedural.py'
        assert f'| {record.model}' in text
    assert len({record.protocol['clouds'] for record in records}) == 1


def test_nothing_is_measured_twice(finished, monkeypatch):
    monkeypatch.setattr(robustness, '_measure', None)
    assert run_study(CONTENDERS, REFERENCE, TINY, finished[0]) == (finished[0] / 'table.md').read_text('utf-8')


def test_what_is_lost_is_measured_again_without_training(finished, monkeypatch):
    store = Store.of(finished[0])
    before = dict(store.results)
    store.keep([key for key, result in before.items() if not result.label.startswith('recon-nano')])
    monkeypatch.setattr(robustness, 'build_runner', None)
    run_study(CONTENDERS, REFERENCE, TINY, finished[0])
    again = Store.of(finished[0]).results
    assert {key: result.record.metrics for key, result in again.items()} == {
        key: result.record.metrics for key, result in before.items()
    }


def test_another_budget_or_seed_has_another_key(finished):
    train, test = robustness._dataset('train', 43), robustness._dataset('test', 43)
    keys = [
        robustness._key(contender, seed, budget, train, test)
        for contender, seed, budget in [
            (CONTENDERS[0], 0, TINY),
            (CONTENDERS[1], 0, TINY),
            (CONTENDERS[0], 1, TINY),
            (CONTENDERS[0], 0, dataclasses.replace(TINY, epochs=2)),
            (CONTENDERS[0], 0, dataclasses.replace(TINY, corruption_seed=1)),
            (CONTENDERS[0], 0, dataclasses.replace(TINY, severities=(1,))),
        ]
    ]
    assert len(set(keys)) == len(keys)
    more_seeds = dataclasses.replace(TINY, seeds=9)
    assert robustness._key(CONTENDERS[0], 0, more_seeds, train, test) == keys[0]


def test_weights_make_a_row_of_their_own(finished, tmp_path):
    weights = next(finished[0].glob('runs/recon-nano*/weights.safetensors'))
    row = Contender('recon-nano', weights)
    model, config = robustness.train_classifier(row, 0, TINY, 43, tmp_path / 'run')
    assert row.label == 'recon-nano, from weights.safetensors'
    assert config.weights == str(weights)
    assert not model.training or model.eval() is model


@pytest.mark.parametrize('name', ['pointnet', 'pointnet2', 'dgcnn'])
def test_supervised_baselines_train_on_the_same_data(name):
    options = robustness._options(Contender(name), 0, TINY, 43)
    student = robustness._options(CONTENDERS[0], 0, TINY, 43)
    for key in ('train_dataloader.dataset', 'train_cfg.max_epochs', 'data_preprocessor.train', 'model.num_classes'):
        assert options[key] == student[key]
    config = robustness.load_config(Contender(name).config, options)
    assert config.train_dataloader.dataset.seed == 2
    assert config.model.backbone.type.lower() == name


# --- wrong use --------------------------------------------------------------------------------------------------------


def test_a_reference_that_is_no_row_is_a_usage_error(tmp_path, monkeypatch, capsys):
    options = ['--out', str(tmp_path), '--models', 'recon-nano', '--reference', 'pointnet', *TINY_OPTIONS]
    monkeypatch.setattr(sys, 'argv', ['robustness', *options])
    with pytest.raises(SystemExit) as stop:
        robustness.main()
    assert stop.value.code == 2
    expected = "the reference row 'pointnet, from scratch' is none of the rows: recon-nano, from scratch\n"
    assert capsys.readouterr().err == expected


def test_weights_that_are_missing_are_a_usage_error():
    with pytest.raises(UsageError, match='--weights recon-nano=nowhere: expected NAME=FILE with a file that exists'):
        robustness._contenders(['recon-nano'], ['recon-nano=nowhere'])


# --- tables -----------------------------------------------------------------------------------------------------------


def record(model, seed, clean, **mean):
    """A record whose accuracy falls by ten from severity to severity, around the mean."""
    metrics = {'oa': clean, 'macc': clean, 'oa_corrupted': float(np.mean(list(mean.values())))}
    for name, value in mean.items():
        metrics |= {f'oa/{name}': value, **{f'oa/{name}/{s}': value + 10 * (3 - s) for s in SEVERITIES}}
    protocol = {
        'name': 'corruption',
        'version': 1,
        'points': 512,
        'epochs': 20,
        'corruption_seed': 0,
        'corruptions': list(mean),
        'severities': list(SEVERITIES),
        'clouds': 'x',
    }
    dataset = {'name': 'toy', 'test_samples': 9, 'train_samples': 7, 'classes': 3}
    environment = {'torch': '2', 'device': 'cpu', 'threads': 1, 'precision': 'float32', 'commit': 'abc'}
    return Record(
        model=model,
        weights='scratch',
        pretraining={},
        dataset=dataset,
        protocol=protocol,
        seed=seed,
        metrics=metrics,
        environment=environment,
    )


RECORDS = [
    record('a', 0, 80.0, scale=70.0, rotate=40.0),
    record('a', 1, 84.0, scale=74.0, rotate=42.0),
    record('b', 0, 60.0, scale=50.0, rotate=30.0),
    record('b', 1, 62.0, scale=54.0, rotate=30.0),
]


def test_the_table_of_accuracies_by_hand():
    rows = accuracy_table(RECORDS).rows
    assert [row[:2] for row in rows] == [['a', '2'], ['b', '2']]
    # Half width: 12.706 (t of one degree of freedom) times 2.828 / sqrt 2.
    assert rows[0][2] == '82.0 ± 25.4'
    assert [cell.split(' ')[0] for cell in rows[1][2:]] == ['61.0', '52.0', '30.0', '41.0']


def test_the_table_of_errors_by_hand():
    table = error_table(RECORDS, 'b')
    reference = CorruptionRow('b', 'x', 61.0, {'scale': 52.0, 'rotate': 30.0})
    errors = [
        corruption_errors(CorruptionRow('a', 'x', clean, {'scale': scale, 'rotate': rotate}), reference)
        for clean, scale, rotate in ((80.0, 70.0, 40.0), (84.0, 74.0, 42.0))
    ]
    expected = [
        np.mean([error.ce['scale'] for error in errors]),
        np.mean([error.ce['rotate'] for error in errors]),
        np.mean([error.mce for error in errors]),
        np.mean([error.rmce for error in errors]),
    ]
    assert [float(cell.split(' ')[0]) for cell in table.rows[0][1:]] == pytest.approx(expected, abs=6e-4)
    assert table.rows[1][3].startswith('1.000')
    assert any('Reference row: b' in note for note in table.notes)


def test_an_undefined_error_is_not_a_number_in_the_table():
    records = [record('a', 0, 80.0, scale=70.0), record('b', 0, 50.0, scale=50.0)]
    assert error_table(records, 'b').rows[0][1:] == ['0.600', '0.600', 'undefined']
    assert any('One seed' in note for note in accuracy_table(records).notes)


def test_the_table_of_severities():
    table = severity_table(RECORDS)
    assert table.rows[0] == ['a', 'scale', '92.0', '82.0', '72.0', '62.0', '52.0']
    assert len(table.rows) == 4
