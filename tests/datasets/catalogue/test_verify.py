"""Lists against the published ones: what passes, and what every kind of change is called."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.shared import shared_file
from zoo.datasets.catalogue.report import Report
from zoo.datasets.catalogue.verify import check_lists, has_lists
from zoo.datasets.layouts.modelnet_names import official_list


@pytest.fixture
def folder(tmp_path):
    """The lists of ModelNet10, as published."""
    for split in ('train', 'test'):
        write(tmp_path / f'modelnet10_{split}.txt', official_list(10, split))
    return tmp_path


def write(path, names):
    path.write_text(''.join(f'{name}\n' for name in names))


def edit(path, change):
    names = path.read_text().split()
    change(names)
    write(path, names)


def check(folder, only=None):
    report = Report('lists')
    check_lists(folder, report, only)
    return report


def texts(report, level):
    return [finding.text for finding in report.at(level)]


def test_published_lists_pass_in_any_order(folder):
    edit(folder / 'modelnet10_train.txt', lambda names: names.reverse())
    report = check(folder)
    assert [finding.level for finding in report.findings] == ['ok']
    assert '3,991 train and 908 test names of 10 classes, none twice, as published' in report.findings[0].text
    assert has_lists(folder)


@pytest.mark.parametrize(
    ('split', 'change', 'found'),
    [
        ('train', lambda names: names.__setitem__(5, 'bathtub_0999'), 'bathtub_0999 not published; bathtub_0006'),
        ('test', lambda names: names.pop(0), '907 names, 908 were published: bathtub_0107 missing'),
        ('train', lambda names: names.__setitem__(1, names[0]), 'names 1 object more than once: bathtub_0001'),
        ('test', lambda names: names.append('bed_0001'), 'train and test share 1 object: bed_0001'),
    ],
)
def test_what_was_changed_is_named(folder, split, change, found):
    edit(folder / f'modelnet10_{split}.txt', change)
    failed = texts(check(folder), 'failed')
    assert any(found in text for text in failed)
    assert any(f'modelnet10_{split}.txt' in text for text in failed)


def test_unknown_classes_and_other_forms_are_named(folder):
    edit(folder / 'modelnet10_train.txt', lambda names: names.extend(['lamp_0001', 'no name at all']))
    found = texts(check(folder), 'failed')
    assert any('unknown classes: lamp_0001' in text for text in found)
    (form,) = [text for text in found if 'another form' in text]
    assert "line 3993: 'no name at all'" in form


def test_a_list_without_the_other_is_damage(folder):
    (folder / 'modelnet10_test.txt').unlink()
    (text,) = texts(check(folder), 'damaged')
    assert f'{folder / "modelnet10_test.txt"} is missing' in text


def test_only_the_lists_of_one_dataset(folder):
    write(folder / 'modelnet40_train.txt', ['chair_0001'])
    assert check(folder, 'modelnet10').findings[0].level == 'ok'
    assert texts(check(folder), 'damaged')


def test_nothing_to_check(tmp_path):
    assert not has_lists(tmp_path)
    assert not check(tmp_path).findings


def test_the_shared_lists_are_the_official_ones():
    report = check(shared_file('data', 'lists'))
    assert not report.at('failed')
    assert not report.at('damaged')
    found = '\n'.join(report.lines())
    for proven in (
        'modelnet40: 9,843 train and 2,468 test names of 40 classes',
        'modelnet10: 3,991 train and 908 test names of 10 classes',
        'shapenet55: 41,952 train and 10,518 test names of 55 classes',
        'shapenetpart: 12,137 train, 1,870 val and 2,874 test names of 16 classes',
    ):
        assert proven in found
    # Flaws of the published lists, counted here and not copied from anywhere.
    assert '9 in train and val, 23 in train and test and 3 in val and test' in found
    assert '381 models of the test list are in the train list too' in found
    assert '2,295 of 2,873 test models are in the train list of shapenet55' in found


def test_changes_are_narrowed_down_to_a_class_where_names_are_not_known(tmp_path):
    shutil.copytree(shared_file('data', 'lists', 'shapenetpart'), tmp_path / 'lists')
    path = tmp_path / 'lists' / 'shuffled_test_file_list.json'
    names = json.loads(path.read_text())
    place = next(i for i, name in enumerate(names) if '/03467517/' in name)
    names[place] = 'shape_data/03467517/0123'
    path.write_text(json.dumps(names))
    (text,) = texts(check(tmp_path), 'failed')
    assert 'Guitar (03467517) has other names' in text
    # One more shared object than the published lists have is a change, too.
    train = json.loads((tmp_path / 'lists' / 'shuffled_train_file_list.json').read_text())
    names[place] = next(name for name in train if '/03467517/' in name and name not in names)
    path.write_text(json.dumps(names))
    assert any(
        'train and test share 24 objects, in the published lists 23' in t for t in texts(check(tmp_path), 'failed')
    )
