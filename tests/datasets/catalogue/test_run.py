"""Checks, fingerprints and packs of whole targets."""

from __future__ import annotations

import pytest

from tests.datasets.layouts.writers_modelnet import write_few_shot
from tests.datasets.layouts.writers_shapenetpart import write_shapenetpart
from tests.layouts import write_shapenet55
from tests.refusals import refused
from zoo.datasets.catalogue.run import check_target, describe_pack, fingerprints, prepare_target
from zoo.datasets.catalogue.target import resolve_target


@pytest.fixture
def root(tmp_path):
    write_shapenet55(tmp_path, 16, num_points=64)
    return tmp_path


def check(name, root=None, **options):
    return check_target(resolve_target(str(name), data_root=root, options=options), workers=0, progress=False)


def levels(report):
    return {finding.level for finding in report.findings}


def test_a_small_folder_is_whole_but_not_the_published_set(root):
    assert 'lacks ShapeNet-55/train.txt' in refused(check, 'shapenet55', root / 'elsewhere')
    report = check('shapenet55', root)
    found = '\n'.join(report.lines())
    assert 'ShapeNet-55/train.txt has 12 names, 41,952 were published' in found
    assert 'train: 12 objects, 41,952 were published' in found
    assert not report.at('damaged')
    assert report.facts['parts']['train']['classes']['chair'] == 3
    assert 'ReCon gives out shorter lists' in found


def test_parts_and_labels_of_shapenetpart(tmp_path):
    folder = write_shapenetpart(tmp_path)
    report = check('shapenetpart', tmp_path)
    assert 'shapenetpart: 16 class names, as published' in '\n'.join(report.lines())
    # One object of the validation set is in the training set, as in the published lists: no mistake of the user.
    assert any('leakage' in finding.text for finding in report.at('warning'))
    path = next(folder.glob('0*/*.txt'))
    path.write_text(path.read_text().replace('\n', ' 1\n'))
    assert path.name in check('shapenetpart', tmp_path).at('damaged')[0].text


def test_the_fingerprint_is_that_of_records_and_the_content_survives_preparing(root):
    target = resolve_target('shapenet55', data_root=root)
    rows = fingerprints(target, content=True, progress=False)
    assert [row['objects'] for row in rows] == [12, 4]
    (pack,) = prepare_target(target, root / 'pack', workers=1, progress=False)
    prepared = fingerprints(resolve_target(str(root / 'pack')), content=True, progress=False)
    assert [row['content'] for row in prepared] == [row['content'] for row in rows]
    assert levels(check(root / 'pack')) == {'ok'}
    assert len(pack) == 16
    assert pack.about['terms'].startswith('terms of ShapeNet')
    assert '16 objects with points, classes' in describe_pack(pack)
    assert 'terms: terms of ShapeNet' in describe_pack(pack)


def test_lists_have_no_clouds(tmp_path):
    (tmp_path / 'modelnet10_test.txt').write_text('bed_0001\n')
    target = resolve_target(str(tmp_path))
    assert 'lists and no clouds' in refused(fingerprints, target)
    assert 'nothing to prepare' in refused(prepare_target, target)


def test_packs_go_below_the_data_root_and_force_makes_them_again(root):
    target = resolve_target('shapenet55', data_root=root)
    (pack,) = prepare_target(target, data_root=root, workers=1, progress=False)
    assert pack.path == root / 'packs' / 'shapenet55'
    made = (pack.path / 'points.npy').stat().st_mtime_ns
    prepare_target(target, data_root=root, workers=1, progress=False)
    assert (pack.path / 'points.npy').stat().st_mtime_ns == made
    (again,) = prepare_target(target, data_root=root, workers=1, progress=False, force=True)
    assert (pack.path / 'points.npy').stat().st_mtime_ns != made
    assert again.fingerprint == pack.fingerprint
    (root / 'precious').mkdir()  # force removes packs alone
    (root / 'precious' / 'thesis.tex').write_text('x')
    message = refused(prepare_target, target, root / 'precious', force=True, progress=False)
    assert f'--force would remove {root}/precious, which is no pack' in message
    assert (root / 'precious' / 'thesis.tex').exists()


def test_folds_become_packs_of_their_own(tmp_path):
    write_few_shot(tmp_path, 5, 10, 0)
    target = resolve_target('modelnet40-few-shot', data_root=tmp_path)
    first = {name: config for name, config in target.parts.items() if name.startswith('5way_10shot_0_')}
    target.parts.clear()
    target.parts.update(first)
    (pack,) = prepare_target(target, tmp_path / 'out', workers=1, progress=False)
    assert pack.path == tmp_path / 'out' / '5way_10shot_0'
    assert list(resolve_target(str(pack.path)).parts) == ['train', 'test']
