from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.records import Store
from benchmarks.studies import scan_variants
from benchmarks.studies.scan_variants import VARIANTS, Budget, run_study, study_table
from zoo.datasets.procedural.dataset import VARIANTS as KNOWN

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
TINY = Budget(objects=43, test_objects=43, epochs=1, stored_points=640)


@pytest.fixture(scope='module')
def measured(tmp_path_factory):
    """A study of two variants and two seeds: the folder and the table."""
    out = tmp_path_factory.mktemp('study')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        table = run_study(out, TINY, seeds=2, split='val', variants=('cad', 'pb_t50_rs'), runs=out / 'elsewhere')
    return out, table


def test_it_knows_all_variants():
    assert set(VARIANTS) == set(KNOWN)


def test_every_variant_is_measured_on_its_own_objects(measured):
    out, _ = measured
    records = [result.record for result in Store.of(out).results.values()]
    found = [(record.dataset['variant'], record.seed) for record in records]
    assert sorted(found) == [('cad', 0), ('cad', 1), ('pb_t50_rs', 0), ('pb_t50_rs', 1)]
    for record in records:
        assert record.dataset['split'] == 'val'
        assert record.protocol['points'] == 512
        assert record.protocol['epochs'] == 1
        assert record.protocol['stored_points'] == 640
        assert record.weights == 'scratch'
        assert record.dataset['fingerprint'] != record.dataset['train_fingerprint']
    prints = {record.dataset['variant']: record.dataset['fingerprint'] for record in records}
    assert len(set(prints.values())) == 2
    assert not (out / 'runs').exists()
    assert (out / 'elsewhere').is_dir()


def test_the_table_is_a_view_of_the_records(measured):
    out, table = measured
    records = [result.record for result in Store.of(out).results.values()]
    assert study_table(records, 'val').rows == table.rows
    means = [
        np.mean([record.metrics['oa'] for record in records if record.dataset['variant'] == row[0]])
        for row in table.rows
    ]
    assert [row[0] for row in table.rows] == ['cad', 'pb_t50_rs']
    for row, mean in zip(table.rows, means, strict=True):
        assert row[1] == '2'
        assert row[2].startswith(f'{mean:.1f} ')
    assert table.rows[0][4] == ''
    assert table.rows[1][4] == f'{means[1] - means[0]:+.1f}'
    assert any('chance is 2.3 %' in note for note in table.notes)


def test_what_is_measured_is_not_measured_again(measured, monkeypatch):
    out, table = measured
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(scan_variants, '_measure', None)
    again = run_study(out, TINY, seeds=2, split='val', variants=('cad', 'pb_t50_rs'))
    assert again.rows == table.rows
    with pytest.raises(TypeError):  # other objects: the record does not stand for them
        run_study(out, Budget(**{**vars(TINY), 'test_objects': 44}), seeds=1, split='val', variants=('cad',))


def test_the_command_line(tmp_path):
    command = [sys.executable, '-m', 'benchmarks.studies.scan_variants', '--out', str(tmp_path), '--split', 'dev']
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert "'dev'" in found.stderr
