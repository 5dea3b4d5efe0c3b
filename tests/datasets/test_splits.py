from __future__ import annotations

import numpy as np
import pytest

from tests.refusals import refused
from zoo.datasets.splits import as_text, read_flags, split_of


def test_words():
    words = {
        'train': 'train TRAIN Training train_set trainset training-data trainval train_meshes',
        'val': 'val Valid VALIDATION dev val_split',
        'test': ' test Test testing TESTSET test_objects',
        '': 'trains tester chair latest contest set traintest value',
    }
    for split, spelt in words.items():
        assert {split_of(word) for word in spelt.split()} == {split}


@pytest.mark.parametrize(
    ('values', 'expected'),
    [
        (['train', 'test'], ['train', 'test']),
        ([b'Train', b'VAL'], ['train', 'val']),
        ([['validation'], ['testing']], ['val', 'test']),
        ([False, True], ['train', 'test']),
        (np.array([0, 1], np.uint8), ['train', 'test']),
        ([0.0, 1.0], ['train', 'test']),
        (['0', '1'], ['train', 'test']),
        (['False', 'True'], ['train', 'test']),
    ],
)
def test_flags_of_every_kind(values, expected):
    assert read_flags(np.array(values), 'test').tolist() == expected


@pytest.mark.parametrize(
    ('values', 'words'),
    [
        (['train', 'hold'], "test has 'hold'"),
        (['train', ''], "test has ''"),
        ([0, 2], "test has '2'"),
        ([0, -1], "test has '-1'"),
        ([0, 0.5], "test has '0.5'"),
        ([0, np.nan], "test has 'nan'"),
        ([[0, 1], [1, 0]], 'one flag a row'),
        (1, 'one flag a row'),
        ([b'\xff'], 'not UTF-8'),
    ],
)
def test_other_flags_are_refused(values, words):
    assert words in refused(read_flags, np.array(values), 'test')


def test_texts_of_any_kind():
    assert as_text(np.array([b'caf\xc3\xa9', b'b']), 'x').tolist() == ['caf\u00e9', 'b']
    assert as_text(np.array(['a', 'b']), 'x').tolist() == ['a', 'b']
    assert as_text(np.arange(2), 'x').tolist() == ['0', '1']
