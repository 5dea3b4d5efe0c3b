from __future__ import annotations

import pytest

from zoo.datasets.procedural import captions


@pytest.mark.parametrize(
    ('phrase', 'expected'),
    [('oak desk', 'an oak desk'), ('desk', 'a desk'), ('urn', 'an urn'), ('Amber bottle', 'an Amber bottle')],
)
def test_articles(phrase, expected):
    assert captions.article(phrase) == expected


def test_counts_grades_and_lists():
    assert [captions.counted(*pair) for pair in ((1, 'drawer'), (4, 'leg'))] == ['one drawer', 'four legs']
    assert captions.counted(13, 'step') == '13 steps'
    assert [captions.graded(value, 1, 'low', 2, 'tall') for value in (0.5, 1.5, 2.5)] == ['low', '', 'tall']
    assert [captions.listed(words) for words in ([], 'a', 'ab', 'abc')] == ['', 'a', 'a and b', 'a, b and c']


def test_sentences_leave_out_what_is_empty():
    sentence = captions.sentence('chair', ['', 'oak'], ['armrests', '', 'four legs'])
    assert sentence == 'an oak chair with armrests and four legs'
    assert captions.sentence('chair') == 'a chair'
