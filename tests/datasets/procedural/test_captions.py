from __future__ import annotations

import pytest

from zoo.datasets.procedural import captions


@pytest.mark.parametrize(
    ('phrase', 'expected'),
    [('oak desk', 'an oak desk'), ('desk', 'a desk'), ('urn', 'an urn'), ('Amber bottle', 'an Amber bottle')],
)
def test_articles(phrase, expected):
    assert captions.article(phrase) == expected


def test_counting():
    assert captions.counted(1, 'drawer') == 'one drawer'
    assert captions.counted(4, 'leg') == 'four legs'
    assert captions.counted(13, 'step') == '13 steps'


def test_lists():
    assert captions.listed([]) == ''
    assert captions.listed(['a']) == 'a'
    assert captions.listed(['a', 'b']) == 'a and b'
    assert captions.listed(['a', 'b', 'c']) == 'a, b and c'


def test_grades():
    assert [captions.graded(value, 1, 'low', 2, 'tall') for value in (0.5, 1.5, 2.5)] == ['low', '', 'tall']


def test_sentences_leave_out_what_is_empty():
    assert (
        captions.sentence('chair', ['', 'oak'], ['armrests', '', 'four legs'])
        == 'an oak chair with armrests and four legs'
    )
    assert captions.sentence('chair') == 'a chair'
