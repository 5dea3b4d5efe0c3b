from __future__ import annotations

import contextlib

import numpy as np
import pytest

from benchmarks.records.files import read_array, read_note, write_array, write_note

NOTE = {'b': [1, 2.5, 'ä'], 'a': None}
ARRAY = np.arange(60, dtype=np.float32).reshape(5, 3, 4)


def kept(folder):
    write_note(folder / 'KEY' / 'note.json', NOTE)
    write_array(folder / 'KEY' / 'array.npy', ARRAY)
    return {folder / 'KEY' / 'note.json': read_note, folder / 'KEY' / 'array.npy': read_array}


def test_what_was_written_is_read_also_where_the_folder_was_moved(tmp_path):
    kept(tmp_path / 'here')
    (tmp_path / 'here').rename(tmp_path / 'there')
    assert read_note(tmp_path / 'there' / 'KEY' / 'note.json') == NOTE
    assert np.array_equal(read_array(tmp_path / 'there' / 'KEY' / 'array.npy'), ARRAY)
    assert np.array_equal(np.load(tmp_path / 'there' / 'KEY' / 'array.npy'), ARRAY), 'numpy reads it too'


def test_every_byte_counts(tmp_path):
    for path, read in kept(tmp_path).items():
        content = path.read_bytes()
        for place in range(len(content)):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            # Some say the same, such as ``=f4`` for ``<f4``.
            with contextlib.suppress(ValueError):
                assert np.array_equal(read(path), ARRAY) if path.suffix == '.npy' else read(path) == NOTE
            path.write_bytes(content[:place])
            with pytest.raises(ValueError, match=r'.'):
                read(path)
        path.write_bytes(content.replace(b'2.5', b'2.4').replace(ARRAY[1].tobytes(), ARRAY[2].tobytes()))
        with pytest.raises(ValueError, match='not what was written'):
            read(path)


@pytest.mark.parametrize('text', ['null', '[]', '{}', '{"a": NaN}', '[' * 100_000, '{"seal": 3}', '\xff'])
def test_what_is_no_note_is_a_value_error(tmp_path, text):
    (tmp_path / 'note.json').write_bytes(text.encode('latin-1'))
    with pytest.raises(ValueError, match=r'.'):
        read_note(tmp_path / 'note.json')


def test_a_whole_file_of_another_place_is_none(tmp_path):
    for path, read in kept(tmp_path).items():
        for other in (tmp_path / 'OTHER' / path.name, path.with_stem('other')):
            other.parent.mkdir(exist_ok=True)
            other.write_bytes(path.read_bytes())
            with pytest.raises(ValueError, match='not what was written there'):
                read(other)
