from __future__ import annotations

import numpy as np
import pytest

from tests.shared import shared_file
from zoo.datasets.layouts.modelnet_names import (
    MODELNET,
    MODELNET10,
    MODELNET40,
    in_ten,
    official_list,
    readable_classes,
)


@pytest.mark.parametrize('num_classes', [10, 40])
def test_classes_and_objects_are_those_of_the_official_lists(num_classes):
    def lines(name):
        return shared_file('data', 'lists', 'modelnet', f'modelnet{num_classes}_{name}.txt').read_text().split()

    assert list(MODELNET[num_classes]) == lines('shape_names')
    assert official_list(num_classes, 'train') == lines('train')
    assert official_list(num_classes, 'test') == lines('test')


def test_names_are_words():
    forty = readable_classes(40)
    assert len(forty) == len(set(forty)) == 40
    assert {'night stand', 'toilet', 'tv stand', 'range hood', 'flower pot', 'glass box', 'xbox'} < set(forty)
    assert all(name.isalpha() for name in ''.join(forty).split())
    assert set(readable_classes(10)) < set(forty)


def test_ten_are_found_among_forty():
    names = list(MODELNET40)
    labels = np.array([names.index(name) for name in ('toilet', 'airplane', 'bathtub', 'xbox', 'bed')])
    rows, ten = in_ten(labels)
    assert rows.tolist() == [0, 2, 4]
    assert [list(MODELNET10)[label] for label in ten] == ['toilet', 'bathtub', 'bed']
