from __future__ import annotations

import numpy as np
import pytest

from zoo.datasets.procedural.colors import PALETTES
from zoo.datasets.procedural.draw import Draw


def draw(seed: int = 0) -> Draw:
    return Draw(np.random.default_rng(seed), {})


def test_draws_are_remembered_by_name():
    p = draw()
    drawn = {
        'size': p.size('size', 2, 3),
        'count': p.count('count', 1, 4),
        'style': p.style('style', 'a', 'b'),
        'flag': p.flag('flag'),
    }
    assert p.values == drawn
    sizes = p.sizes({'first': (0, 1), 'second': (5, 6)})
    assert p.values['second'] == sizes.second >= 5


def test_a_name_is_given_once():
    p = draw()
    p.size('width', 0, 1)
    with pytest.raises(ValueError, match='width'):
        p.flag('width')


def test_draws_keep_to_their_range_and_reach_all_of_it():
    p = draw(1)
    counts = [p.count(f'count {i}', 2, 5) for i in range(300)]
    assert set(counts) == {2, 3, 4, 5}
    sizes = [p.size(f'size {i}', -1, 1) for i in range(300)]
    assert -1 <= min(sizes) < -0.9
    assert 0.9 < max(sizes) < 1
    assert {p.style(f'style {i}', 'a', 'b', 'c') for i in range(60)} == {'a', 'b', 'c'}
    flags = [p.flag(f'flag {i}', 0.25) for i in range(2000)]
    assert 0.2 < np.mean(flags) < 0.3
    assert len(p.noise(7, 3, 4)) == 7
    assert all(3 <= value < 4 for value in p.noise(50, 3, 4))


def test_paint_is_a_shade_of_the_color_it_is_called_by():
    for seed in range(200):
        p = draw(seed)
        paint = p.paint('color', 'wood', 'metal')
        named = dict(PALETTES['wood'] + PALETTES['metal'])[paint.word]
        assert p.values['color'] == paint.word
        assert np.abs(np.array(paint.rgb) - named).max() < 0.2
        assert min(paint.rgb) > 0
        assert max(paint.rgb) < 1
