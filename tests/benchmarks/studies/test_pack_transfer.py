from __future__ import annotations

import numpy as np

from benchmarks.records import read_records
from benchmarks.studies import pack_transfer
from benchmarks.studies.pack_transfer import SCRATCH, Pack, run_study
from tests.layouts import write_pack


def test_every_student_is_measured_once(tmp_path, monkeypatch):
    points = write_pack(tmp_path / 'pack.npz', 40, num_points=64)
    views = tmp_path / 'views.npz'
    np.savez(views, views=np.random.default_rng(0).integers(0, 255, (40, 1, 32, 32), dtype=np.uint8))
    pack = Pack('toy', str(points), str(views))
    table = run_study(pack, ['point-mae-nano'], seeds=2, epochs=1, num_points=32, out=tmp_path / 'out')
    records = list(read_records(tmp_path / 'out' / 'records'))
    assert sorted((record.model, record.seed) for record in records) == [
        (SCRATCH, 0),
        (SCRATCH, 1),
        ('point-mae-nano', 0),
        ('point-mae-nano', 1),
    ]
    assert all(record.protocol['name'] == 'svm' and record.dataset['test_samples'] > 0 for record in records)
    means = {
        model: np.mean([r.metrics['oa'] for r in records if r.model == model]) for model in (SCRATCH, 'point-mae-nano')
    }
    for row in table.rows:
        assert row[3].startswith(f'{means[row[0]]:.1f} ± ')
    monkeypatch.setattr(pack_transfer, '_measure', None)
    assert run_study(pack, ['point-mae-nano'], 2, 1, 32, tmp_path / 'out').rows == table.rows


def test_only_students_with_teachers_get_views_and_names():
    pack = Pack('toy', 'p.npz', 'v.npz')
    assert 'images' not in pack.pretraining(with_teachers=False)
    assert pack.pretraining(with_teachers=True)['images'] == 'v.npz'
