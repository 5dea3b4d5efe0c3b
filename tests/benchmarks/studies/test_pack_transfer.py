from __future__ import annotations

import numpy as np
import pytest

from benchmarks.records import read_records
from benchmarks.studies import pack_transfer
from benchmarks.studies.pack_transfer import Study, main, run_study
from benchmarks.studies.packs import Pack
from benchmarks.studies.transfer_table import SCRATCH, transfer_table
from tests.layouts import write_pack
from zoo.errors import UsageError


@pytest.fixture
def study(tmp_path):
    points = write_pack(tmp_path / 'pack.npz', 80, num_points=64)
    other = write_pack(tmp_path / 'other.npz', 70, num_points=64, seed=1)
    pack, others = Pack('toy', str(points)), (Pack('Other (made up)', str(other)),)
    return Study(pack, others, ('point-mae-nano',), 2, 1, 32, 40, tmp_path / 'out')


def test_every_student_is_measured_once_everywhere(study, monkeypatch):
    records = run_study(study, (1e-3,))
    found = sorted((r.model, r.dataset['name'], r.protocol['name'], r.seed) for r in records)
    assert found == sorted(
        (model, pack, protocol, seed)
        for model in (SCRATCH, 'point-mae-nano')
        for pack in ('toy', 'Other (made up)')
        for protocol in ('svm', 'finetune')
        for seed in (0, 1)
    )
    table = transfer_table(records, ['made up'])
    assert table.notes[0] == 'made up'
    for row in table.rows:
        cells = [
            np.mean(
                [
                    r.metrics['oa']
                    for r in records
                    if (r.model, r.dataset['name'], r.protocol['name']) == (row[0], pack, protocol)
                ]
            )
            for pack in ('toy', 'Other (made up)')
            for protocol in ('svm', 'finetune')
        ]
        assert [cell.split(' ')[0] for cell in row[3:]] == [f'{cell:.1f}' for cell in cells]
    weights = {(r.seed, r.weights_sha256) for r in records if r.model == 'point-mae-nano'}
    assert len(weights) == 2  # one pretraining a seed, shared by every measurement
    monkeypatch.setattr(pack_transfer, '_record', None)
    assert run_study(study, (1e-3,)) == list(read_records(study.out / 'records'))


def test_the_command_line_refuses_a_pack_without_a_name(tmp_path):
    with pytest.raises(UsageError, match='NAME=POINTS'):
        main(['--pretrain', 'pack.npz', '--out', str(tmp_path)])
