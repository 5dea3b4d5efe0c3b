from __future__ import annotations

import numpy as np
import pytest

from tests.refusals import refused
from zoo.datasets.labels import check_labels

CLASSES = ('chair', 'sofa', 'table')


@pytest.mark.parametrize('dtype', ['u1', 'i2', 'i8', 'u8', 'f2', 'f8', '>i4'])
@pytest.mark.parametrize('shape', [(4,), (4, 1)])
def test_whole_numbers_of_any_type(dtype, shape):
    labels = check_labels(np.array([2, 0, 1, 2], dtype).reshape(shape), 'y', count=4, classes=CLASSES)
    assert labels.dtype == np.int64
    assert labels.tolist() == [2, 0, 1, 2]


@pytest.mark.parametrize('values', [['sofa', 'chair'], [b'sofa', b'chair'], [[b'sofa'], [b'chair']], [True, False]])
def test_names_and_truth(values):
    assert check_labels(np.array(values), 'y', count=2, classes=CLASSES).tolist() == [1, 0]


@pytest.mark.parametrize(
    ('values', 'words'),
    [
        ([0, 0.9], 'label 0.9 in row 1, expected 0 to 2'),
        ([0, -1], 'label -1 in row 1'),
        ([0, 3], 'label 3 in row 1'),
        ([np.nan, 0], 'label nan in row 0'),
        ([np.inf, 0], 'label inf in row 0'),
        (np.array([0, 1 << 63], np.uint64), 'label 9223372036854775808 in row 1'),
        (['sofa', 'Chair'], "label 'Chair' in row 1, expected a name of classes"),
        (['0', '1'], "label '0' in row 0"),
        ([b'\xff', b'a'], 'not UTF-8'),
        ([1j, 0], 'must be 2 labels, one an object, not complex128'),
        ([[0, 1], [1, 0]], 'must be 2 labels, one an object, not int64 (2, 2)'),
        ([0, 1, 2], 'must be 2 labels'),
        (1, 'must be 2 labels'),
    ],
)
def test_what_is_no_label_is_named(values, words):
    message = refused(check_labels, np.array(values), 'a.npz: y', count=2, classes=CLASSES)
    assert words in message
    assert message.startswith('a.npz: y ')


def test_texts_need_names():
    message = refused(check_labels, np.array(['chair']), 'y', count=1, classes=3)
    assert "label 'chair' in row 0, expected 0 to 2" in message


def test_labels_that_count_from_one():
    for values in ([1, 2, 3, 1], [2, 1, 1, 2]):
        assert check_labels(np.array(values), 'y', count=4, classes=4).tolist() == values
        message = refused(check_labels, np.array(values), 'y', count=4, classes=4, from_zero=True)
        assert 'y counts from 1 to' in message
    for values in ([1, 3, 3, 1], [1, 1, 1, 1], [0, 1, 2, 3]):  # some classes of a small file, or all
        assert check_labels(np.array(values), 'y', count=4, classes=4, from_zero=True).tolist() == values
