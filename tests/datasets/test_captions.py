from __future__ import annotations

import pytest

from zoo.datasets.captions import readable


@pytest.mark.parametrize(
    ('name', 'words'),
    [
        ('NonWheelChair', 'non wheel chair'),
        ('night_stand', 'night stand'),
        ('Musical_Instrument', 'musical instrument'),
        ('TVStand', 'tv stand'),
        ('trash bin', 'trash bin'),
        ('coffee-table', 'coffee table'),
        ('TV-Stand', 'tv stand'),
        ('chair', 'chair'),
        ('', ''),
    ],
)
def test_names_become_words(name, words):
    assert readable(name) == words
