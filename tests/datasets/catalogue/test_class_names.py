"""Files of class names: their order is what labels mean."""

from __future__ import annotations

import json

import pytest

from zoo.datasets.catalogue.class_names import FILES, check_class_names
from zoo.datasets.catalogue.report import Report
from zoo.datasets.layouts.modelnet_names import MODELNET10
from zoo.datasets.layouts.shapenetpart_names import SYNSETS
from zoo.datasets.synsets import SHAPENET55


def findings(folder, only=None):
    report = Report('names')
    check_class_names(folder, report, only)
    return [(finding.level, finding.text) for finding in report.findings]


def test_every_official_file_passes(tmp_path):
    (tmp_path / 'modelnet10_shape_names.txt').write_text('\n'.join(MODELNET10))
    (tmp_path / 'shapenet_synset_dict.json').write_text(json.dumps(SHAPENET55))
    table = ''.join(f'{name}\t{synset}\n' for name, synset in SYNSETS.items())
    (tmp_path / 'synsetoffset2category.txt').write_text(table)
    assert [level for level, _ in findings(tmp_path)] == ['ok'] * 3
    assert len(findings(tmp_path, 'modelnet10')) == 1
    assert {len(known.entries) for known in FILES} == {10, 15, 16, 40, 55}


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (lambda names: [names[1], names[0], *names[2:]], 'another order'),
        (lambda names: [name.replace('toilet', 'toile') for name in names], 'toile not published; toilet missing'),
    ],
)
def test_another_order_and_another_name_change_labels(tmp_path, change, said):
    (tmp_path / 'modelnet10_shape_names.txt').write_text('\n'.join(change(list(MODELNET10))))
    ((level, text),) = findings(tmp_path)
    assert level == 'failed'
    assert said in text


def test_another_file_of_that_name_is_told_from_a_changed_one(tmp_path):
    (tmp_path / 'synsetoffset2category.txt').write_text('Teapot\t01234567\n')
    ((level, text),) = findings(tmp_path)
    assert level == 'warning'
    assert 'is not the official file: it has Teapot 01234567' in text


@pytest.mark.parametrize('content', ['{"02691156": ', '["02691156"]'])
def test_a_file_that_cannot_be_read_is_damage(tmp_path, content):
    (tmp_path / 'shapenet_synset_dict.json').write_text(content)
    ((level, text),) = findings(tmp_path)
    assert level == 'damaged'
    assert str(tmp_path / 'shapenet_synset_dict.json') in text


def test_shape_names_belong_to_the_folder_they_lie_in(tmp_path):
    (tmp_path / 'shape_names.txt').write_text('anything\n')
    assert not findings(tmp_path)
