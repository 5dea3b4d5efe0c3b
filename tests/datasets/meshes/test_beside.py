from __future__ import annotations

import pytest

from zoo.datasets.meshes import beside as module
from zoo.datasets.meshes.beside import Beside, folder_files


def test_names_are_tried_as_they_stand_and_then_without_folder(tmp_path):
    (tmp_path / 'wood.png').write_bytes(b'wood')
    found = folder_files(tmp_path)
    for name in ('wood.png', 'C:\\pictures\\wood.png', '"wood.png"', ' maps/wood.png', '-s 1 1 1 wood.png'):
        assert found.get(name) == b'wood'
    assert list(found.taken) == ['wood.png']
    with pytest.raises(FileNotFoundError):
        found.get('stone.png')
    assert list(found.missing) == ['maps/wood.png', '-s 1 1 1 wood.png', 'stone.png']


def test_files_are_read_once_and_not_without_end(monkeypatch):
    asked = []

    def read(name: str) -> bytes:
        asked.append(name)
        return bytes(40)

    monkeypatch.setattr(module, 'MOST', 100)
    found = Beside(read)
    for _ in range(3):
        for name in 'ab':
            assert found.get(name) == bytes(40)
    assert asked == ['a', 'b']
    with pytest.raises(ValueError, match='more than 100 bytes'):
        found.get('c')
