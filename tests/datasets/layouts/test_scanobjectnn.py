from __future__ import annotations

import h5py
import numpy as np
import pytest

from tests.datasets.layouts.writers_h5 import SCAN_FILES, change_table
from tests.refusals import refused
from tests.shared import shared_file
from zoo.datasets.layouts.scanobjectnn import CLASSES, ScanObjectNN

FILES = dict(zip(('obj_bg', 'obj_only', 'pb_t50_rs'), SCAN_FILES, strict=True))


@pytest.mark.parametrize('variant', FILES)
@pytest.mark.parametrize(('split', 'prefix', 'count'), [('train', 'training', 18), ('test', 'test', 15)])
def test_objects_are_what_the_file_of_the_variant_holds(original, variant, split, prefix, count):
    root = original('ScanObjectNN')
    dataset = ScanObjectNN(split, variant=variant, data_root=root)
    path = root / 'ScanObjectNN' / FILES[variant].format(prefix)
    with h5py.File(path) as file:
        data, label = file['data'][()], file['label'][()]
    assert len(dataset) == count
    assert np.array_equal(dataset.gather_points(np.arange(count)), data)
    assert dataset.labels.tolist() == label.tolist()
    assert dataset.part(7) is None
    assert dataset.source(7) == f'{path} row 7'


def test_the_classes_are_those_of_the_official_list():
    assert CLASSES[14] == 'toilet'
    assert list(CLASSES) == shared_file('data', 'lists', 'ScanObjectNN_shape_names.txt').read_text().split()


def test_every_object_has_an_id_of_its_own(original):
    root, splits = original('ScanObjectNN'), ('train', 'test')
    sets = [ScanObjectNN(split, variant=variant, data_root=root) for variant in FILES for split in splits]
    ids = [dataset.info(index)['id'] for dataset in sets for index in range(len(dataset))]
    assert len(set(ids)) == len(ids) == 3 * 33


def test_the_folder_of_the_archive_may_stand_in_between(copied):
    root = copied('ScanObjectNN')
    folder = root / 'ScanObjectNN'
    expected = ScanObjectNN('test', data_root=root)
    (folder / 'h5_files').mkdir()
    for name in ('main_split', 'main_split_nobg'):
        (folder / name).rename(folder / 'h5_files' / name)
    moved = ScanObjectNN('test', data_root=root)
    assert 'h5_files' in moved.source(0)
    assert moved.fingerprint == expected.fingerprint
    assert moved.info(0) == expected.info(0)


def test_labels_are_checked_against_classes_and_clouds_and_are_in_the_fingerprint(copied):
    root = copied('ScanObjectNN')
    path = root / 'ScanObjectNN' / 'main_split' / 'test_objectdataset.h5'
    dataset = ScanObjectNN('test', variant='obj_bg', data_root=root)
    labels = dataset.labels
    change_table(path, 'label', (labels + 1) % 15)
    assert ScanObjectNN('test', variant='obj_bg', data_root=root).fingerprint != dataset.fingerprint
    for wrong, words in (
        (np.where(np.arange(15) == 4, 15, labels), 'has the label 15 in row 4, expected 0 to 14'),
        (labels[:-1], 'must be 15 labels, one an object'),
    ):
        change_table(path, 'label', wrong)
        message = refused(ScanObjectNN, 'test', variant='obj_bg', data_root=root)
        assert message.startswith(f"{path}: table 'label' {words}")
    assert len(ScanObjectNN('test', data_root=root)) == 15  # a file of another variant
