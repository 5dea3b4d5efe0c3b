from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.datasets.meshes.solids import save_box
from tests.refusals import refused
from zoo.datasets.meshes.render_folder import render_folder

OPTIONS = {'num_points': 64, 'views': 2, 'image_size': 16}


@pytest.fixture
def folder(tmp_path):
    for name in ('a/one.obj', 'a/one.stl', 'two.ply'):
        save_box(tmp_path / 'in' / name, 1, 2, 3)
    (tmp_path / 'in' / 'bad.off').write_text('OFF', encoding='utf-8')
    return tmp_path / 'in'


def contents(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob('*')) if path.is_file()}


def test_points_and_views_of_every_mesh(folder, tmp_path):
    report = render_folder(folder, tmp_path / 'out', **OPTIONS)
    assert report.made == ['a/one.obj', 'a/one.stl', 'two.ply']
    assert list(report.broken) == ['bad.off']
    assert '1 are broken' in str(report)
    assert str(folder / 'bad.off') in str(report)
    stems = ('a/one.obj', 'a/one.stl', 'two')  # endings stay where they tell two meshes apart
    assert list(contents(tmp_path / 'out')) == sorted(f'{s}{e}' for s in stems for e in ('.npz', '_0.png', '_1.png'))
    with np.load(tmp_path / 'out' / 'two.npz', allow_pickle=False) as file:
        assert [file[key].shape for key in ('points', 'normals', 'colors')] == [(64, 3)] * 3
    with Image.open(tmp_path / 'out' / 'two_1.png') as picture:
        assert (picture.size, picture.mode) == ((16, 16), 'RGB')


def test_a_second_run_does_what_is_missing_or_out_of_date(folder, tmp_path):
    out = tmp_path / 'out'
    render_folder(folder, out, **OPTIONS)
    first = contents(out)
    assert render_folder(folder, out, **OPTIONS).made == []
    (out / 'two_1.png').unlink()
    (out / 'a' / 'one.obj.npz').write_bytes(b'damaged')
    os.utime(folder / 'a' / 'one.stl', ns=(1, 1))
    assert render_folder(folder, out, **OPTIONS).made == ['a/one.obj', 'a/one.stl', 'two.ply']
    again = contents(out)  # what was made of a file tells its time
    assert all(again[key] == first[key] for key in first if 'stl' not in key)
    assert render_folder(folder, out, **{**OPTIONS, 'seed': 1}).made == ['a/one.obj', 'a/one.stl', 'two.ply']


def test_wrong_usage(folder, tmp_path):
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'file').touch()
    for source, out, options, words in (
        (tmp_path / 'none', tmp_path / 'out', {}, 'no folder'),
        (tmp_path / 'empty', tmp_path / 'out', {}, 'holds no meshes'),
        (folder, tmp_path / 'file' / 'out', {}, 'cannot write'),
        (folder, tmp_path / 'out', {'views': -1}, 'views'),
        (folder, tmp_path / 'out', {'up': 'x'}, 'up'),
    ):
        assert words in refused(render_folder, source, out, **options)
