from __future__ import annotations

import pytest

from zoo.datasets.meshes.text import decoded, numbers, whole_numbers


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16'])
def test_texts_come_without_marks(encoding):
    assert decoded('v 1\r\nf ü\rg'.encode(encoding)) == 'v 1\nf ü\ng'


def test_other_bytes():
    assert decoded(b'g Stuhl\xfcb\n') == 'g Stuhl�b\n'
    with pytest.raises(ValueError, match='NUL'):
        decoded(b'v 1 2 3\n\0\0\0')


def test_numbers():
    assert numbers(['1', '-2e-3', '+.5E1']).tolist() == [1, -0.002, 5]
    assert numbers([]).shape == (0,)
    assert whole_numbers(['1', '-2']).tolist() == [1, -2]
    with pytest.raises(ValueError, match='decimal commas'):
        numbers(['1,5'])
    for words in (['1.0'], ['x'], ['']):
        with pytest.raises(ValueError):
            whole_numbers(words)
    with pytest.raises(OverflowError):
        whole_numbers(['9' * 30])
