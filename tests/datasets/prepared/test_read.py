"""What comes out of a pack is what went in, and what is no longer whole is named."""

from __future__ import annotations

import json
import os
import pickle
import shutil

import numpy as np
import pytest
import torch

from tests.datasets.prepared.sources import Toys
from tests.refusals import refused
from zoo.datasets.prepared import MappedPack, layout, prepare
from zoo.datasets.prepared.read import choose_points
from zoo.registry import DATASETS


def write(path, **options):
    parts = {'train': Toys(0, 70, **options), 'test': Toys(1, 20, **options)}
    return prepare(path, parts, progress=False, meta={'title': 'Toys', 'terms': 'free'}), parts


@pytest.fixture(scope='module')
def pack(tmp_path_factory):
    return write(tmp_path_factory.mktemp('even') / 'toys')[0]


@pytest.fixture
def copy(pack, tmp_path):
    return shutil.copytree(pack, tmp_path / 'copy')  # with times


@pytest.mark.parametrize('options', [{}, {'ragged': True}, {'bare': True}], ids=['even', 'ragged', 'bare'])
def test_every_object_comes_out_as_it_went_in(tmp_path, options):
    path, parts = write(tmp_path / 'p', **options)
    for split, source in parts.items():
        dataset = MappedPack(path, split)
        assert len(dataset) == len(source)
        assert dataset.classes == source.classes
        assert dataset.num_views == source.num_views
        assert dataset.labels.tolist() == source.labels.tolist()
        assert json.dumps(dataset.parts) == json.dumps(source.parts)
        for index in range(len(source)):
            for method in ('points', 'normals', 'part'):
                found, expected = (getattr(one, method)(index) for one in (dataset, source))
                if expected is None:
                    assert found is None
                else:
                    assert (found.dtype, found.tolist()) == (expected.dtype, expected.tolist())
            for view in range(source.num_views):
                assert np.array_equal(dataset.image(index, view), source.image(index, view))
            assert dataset.info(index) == source.info(index)
            assert f'({source.source(index)})' in dataset.source(index)
            if source.classes:
                assert dataset.caption(index) == source.caption(index)


def test_batches_are_those_of_the_source(pack):
    options = {'images': True, 'texts': True}
    dataset, source = MappedPack(pack, 'test', **options), Toys(1, 20)
    source.images = source.texts = True
    where = [3, 19, 0, 3]
    batches = []
    for one in (dataset, source):
        torch.manual_seed(5)
        batches.append(one.__getitems__(where))
    found, expected = batches
    assert set(found) == set(expected) == {'points', 'index', 'label', 'part', 'image', 'text'}
    assert found.pop('text') == expected.pop('text')
    for key, value in expected.items():
        assert torch.equal(found[key], value), key
        assert found[key].dtype == value.dtype


def test_splits_are_joined_in_the_order_asked_for(pack):
    train, test = MappedPack(pack), MappedPack(pack, 'test')
    joined = MappedPack(pack, 'test+train')
    assert len(joined) == 90
    assert np.array_equal(joined.points(3), test.points(3))
    assert np.array_equal(joined.gather_points(np.array([25]))[0], train.points(5))
    everything = MappedPack(pack, 'all')
    assert everything.source(75) == test.source(5)
    sets = (train, test, joined, everything, MappedPack(pack, num_points=5))
    assert len({dataset.fingerprint for dataset in sets}) == 5
    assert MappedPack(pack, 'train+test').fingerprint == everything.fingerprint


def test_the_fingerprint_follows_the_content_and_not_the_way_it_was_written(pack, tmp_path):
    config = {'type': 'Toys', 'seed': 0, 'size': 70}
    again = prepare(tmp_path / 'again', {'train': config}, workers=1, progress=False)
    assert MappedPack(again).fingerprint == MappedPack(pack).fingerprint
    others = [({'train': Toys(7, 70)}, {}), ({'train': Toys(0, 70)}, {'views': 1})]
    others += [({'train': Toys(0, 69)}, {}), ({'train': Toys(0, 70)}, {'precision': 'float16'})]
    prints = {MappedPack(pack).fingerprint}
    for number, (parts, options) in enumerate(others):
        prints.add(MappedPack(prepare(tmp_path / str(number), parts, progress=False, **options)).fingerprint)
    assert len(prints) == 5


def test_half_precision(tmp_path):
    path = prepare(tmp_path / 'p', {'train': Toys()}, precision='float16', progress=False)
    dataset, source = MappedPack(path), Toys()
    assert dataset.gather_points(np.arange(3)).dtype == np.float16
    assert dataset[2]['points'].dtype == torch.float32
    assert np.array_equal(dataset.points(2), source.points(2).astype(np.float16).astype(np.float32))
    assert np.abs(dataset.normals(2) - source.normals(2)).max() < 1e-3


@pytest.mark.parametrize('ragged', [False, True])
@pytest.mark.parametrize('wanted', [3, 8, 20])
def test_a_number_of_points_is_a_fixed_choice_of_every_object(tmp_path, ragged, wanted):
    path, parts = write(tmp_path / 'p', ragged=ragged)
    dataset, source = MappedPack(path, 'test', num_points=wanted), parts['test']
    chosen = []
    for index in range(len(source)):
        whole, some = source.points(index), dataset.points(index)
        rows = [np.flatnonzero((whole == point).all(axis=1)).item() for point in some]
        assert len(set(rows)) == min(wanted, len(whole))
        assert np.array_equal(dataset.normals(index), source.normals(index)[rows])
        assert np.array_equal(dataset.part(index), source.part(index)[rows])
        chosen.append(tuple(rows))
    batch = dataset.__getitems__(range(20))
    assert batch['points'].shape == (20, wanted, 3)
    assert np.array_equal(batch['points'][7], dataset.points(7))
    assert np.array_equal(batch['part'][7], dataset.part(7))
    assert np.array_equal(MappedPack(path, 'all', num_points=wanted).points(77), dataset.points(7))
    assert len(set(chosen)) >= 8 or wanted == 8


@pytest.mark.parametrize(('size', 'wanted'), [(100, 30), (64, 63), (7, 12), (1, 4)])
def test_every_point_of_a_cloud_is_chosen_as_often(size, wanted):
    rows = np.arange(20 * size)
    chosen = choose_points(rows, np.full(len(rows), size), wanted)
    counts = np.bincount(chosen.reshape(-1), minlength=size)
    assert np.abs(counts / counts.mean() - 1).max() < 0.1
    if size == 100:  # neighbors in the file are no likelier to go together
        assert 0.1 < (np.diff(np.sort(chosen[0])) == 1).mean() < 0.5


def test_clouds_of_several_sizes_need_a_number_of_points(tmp_path):
    dataset = MappedPack(write(tmp_path / 'p', ragged=True)[0])
    message = refused(dataset.__getitems__, range(70))
    assert 'clouds of 5 and 11 points cannot be one batch: give num_points' in message
    same = [index for index in range(70) if len(dataset.points(index)) == 7]
    assert dataset.__getitems__(same)['points'].shape == (len(same), 7, 3)


def test_it_is_found_below_the_data_root(pack, tmp_path, monkeypatch):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))
    shutil.copytree(pack, tmp_path / 'packs' / 'toys')
    shutil.copytree(pack, tmp_path / 'mine')
    for path in ('toys', 'packs/toys', 'mine', tmp_path / 'mine'):
        assert len(DATASETS.build({'type': 'MappedPack', 'path': str(path), 'split': 'test'})) == 20


def test_opening_reads_no_content(pack, monkeypatch):
    loads = layout.from_json
    monkeypatch.setattr(layout, 'digests', lambda *_: pytest.fail('content was read'))
    monkeypatch.setattr(layout, 'from_json', lambda text: loads(text) if len(text) < 5000 else pytest.fail('long'))
    assert MappedPack(pack).about == {'title': 'Toys', 'terms': 'free'}


def test_another_process_gets_the_path_and_not_the_arrays(pack):
    dataset = MappedPack(pack, 'test', num_points=6)
    sent = pickle.dumps(dataset)
    assert dataset.image(0, 1).tobytes() not in sent
    assert dataset.points(0).tobytes() not in sent
    assert len(sent) < 3000
    assert np.array_equal(pickle.loads(sent).points(5), dataset.points(5))


def test_another_process_notices_that_the_pack_was_replaced(copy):
    sent = pickle.dumps(MappedPack(copy))
    prepare(copy, {'train': Toys(5)}, progress=False)
    assert 'was replaced by another pack' in refused(pickle.loads, sent)


@pytest.mark.parametrize('name', ['points', 'normals', 'parts', 'labels', 'images', 'objects', 'lines', 'offsets'])
@pytest.mark.parametrize('harm', ['missing', 'cut', 'longer', 'flipped', 'type', 'empty', 'text'])
def test_damage_is_one_line_that_names_the_file(pack, tmp_path, name, harm):
    source = write(tmp_path / 'ragged', ragged=True)[0] if name == 'offsets' else pack
    folder = shutil.copytree(source, tmp_path / 'copy')
    path = folder / f'{name}.npy'
    content = bytearray(path.read_bytes())
    if harm == 'missing':
        path.unlink()
    elif harm == 'flipped':
        content[-2] ^= 1
        path.write_bytes(content)
        os.utime(path, (1, 1))  # the clock of the file system may be too coarse for a test
    elif harm == 'type':
        array = np.load(path)
        np.save(path, array.view(f'V{array.itemsize}'))
    else:
        path.write_bytes({'cut': content[:-7], 'longer': content + b'12345678', 'empty': b'', 'text': b'x' * 99}[harm])
    message = refused(MappedPack, folder)
    assert str(path) in message
    assert 'prepare the pack again' in message


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda meta: '{"format', 'meta.json does not describe a pack'),
        (lambda meta: [], 'meta.json does not describe a pack'),
        (lambda meta: {**meta, 'format': 'other'}, "meta.json does not describe a pack (its format is 'other')"),
        (lambda meta: {**meta, 'version': 99}, 'meta.json has format version 99, this release reads 1'),
        (lambda meta: {**meta, 'classes': ['a', 'b', 'c']}, 'meta.json does not describe a pack (it was changed)'),
        (lambda meta: {**meta, 'arrays': {}}, 'meta.json does not describe a pack (it was changed)'),
        (lambda meta: {**meta, 'splits': {}}, 'meta.json does not describe a pack (it was changed)'),
    ],
)
def test_a_wrong_description_is_one_line(copy, change, message):
    path = copy / 'meta.json'
    changed = change(json.loads(path.read_text(encoding='utf-8')))
    path.write_text(changed if isinstance(changed, str) else json.dumps(changed), encoding='utf-8')
    found = refused(MappedPack, copy)
    assert str(path) in found
    assert message in found


def test_a_copy_is_checked_once(pack, tmp_path, caplog, monkeypatch):
    folder = tmp_path / 'copy'
    shutil.copytree(pack, folder, copy_function=shutil.copyfile)
    assert MappedPack(folder).fingerprint == MappedPack(pack).fingerprint
    assert f'{folder} was copied' in caplog.text
    caplog.clear()
    monkeypatch.setattr(layout, 'digests', lambda *_: pytest.fail('checked again'))
    MappedPack(folder)
    assert not caplog.text
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in pack.iterdir())


def test_a_copy_that_cannot_be_written_is_read(copy, monkeypatch):
    (copy / 'stamps.json').unlink()

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(layout, 'write_json', refused)
    assert len(MappedPack(copy)) == 70


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'split': 'val'}, "there is no split 'val'; choose from train, test, 'all'"),
        ({'split': 'train+train'}, "there is no split 'train+train'"),
        ({'num_points': 0}, 'num_points must be at least 1, got 0'),
    ],
)
def test_wrong_arguments_are_one_line(pack, options, message):
    found = refused(MappedPack, pack, **options)
    assert str(pack) in found
    assert message in found


def test_what_a_pack_lacks_is_said(tmp_path):
    path = write(tmp_path / 'p', bare=True)[0]
    for message in (refused(MappedPack, path, images=True), refused(MappedPack(path).image, 0, 0)):
        assert 'has no images.npy' in message
        assert 'images=False' in message
    assert 'objects without captions: build it with texts=False' in refused(MappedPack, path, texts=True)
    for nowhere in (tmp_path / 'nowhere', path / 'points.npy'):
        assert 'meta.json is missing' in refused(MappedPack, nowhere)
        assert 'ZOO_DATA' in refused(MappedPack, nowhere)
