"""Pickles of arrays are read, and no pickle gets anything run.

Every hostile pickle here is first given to the plain unpickler, which runs it: the marker file appears. So the tests
would notice if ours did.
"""

from __future__ import annotations

import builtins
import collections
import contextlib
import copyreg
import os
import pickle
import pickletools
import subprocess
import sys

import numpy as np
import pytest

from tests import refusals
from zoo.datasets.unpickle import load_arrays
from zoo.errors import UsageError

CONTENT = {
    'arrays': [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype='>i2').reshape(2, 3)),
        np.arange(24, dtype=np.uint8).reshape(2, 3, 4).transpose(2, 0, 1),
        np.array(['ab', 'c']),
        np.array([b'x']),
        np.array([True, False]),
        np.array(5),
        np.zeros((0, 3), np.float16),
        np.array([1j]),
    ],
    'numbers': (1, -(2**70), 2.5, 1j, None, True, np.float32(3), np.int32(7), np.bool_(True)),
    'texts': ['chair', 'Schr\xe4nke', b'', b'\x00\xff', np.str_('a')],
    'sets': [{1, 2}, frozenset({'a'}), set()],
    'nested': [([], {}), (np.ones(1), (np.ones(2),))],
    'ordered': collections.OrderedDict(b=np.ones(3), a=1),
    'type': np.dtype('<f4'),
}


def same(left, right):
    """Compare two nested structures, types of arrays included."""
    if isinstance(right, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and np.array_equal(left, right)
    if isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in right)
    if isinstance(right, list | tuple):
        return type(left) is type(right) and len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


def written(path, data):
    path.write_bytes(data if isinstance(data, bytes) else pickle.dumps(data))
    return path


def refused(path):
    """Return the message of the refusal, which names the file."""
    message = refusals.refused(load_arrays, path)
    assert message.startswith(str(path))
    return message


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_gives_back_what_was_written(tmp_path, protocol):
    path = written(tmp_path / 'a.pkl', pickle.dumps(CONTENT, protocol))
    found = load_arrays(path)
    assert type(found['ordered']) is dict
    assert same(found, {**CONTENT, 'ordered': dict(CONTENT['ordered'])})


def test_both_spellings_of_numpy_are_read(tmp_path):
    new, old = b'numpy._core', b'numpy.core'
    data = pickle.dumps(CONTENT['arrays'], 2)
    data = data if new in data else data.replace(old, new)
    assert data.count(new) == 1
    for spelling in (data, data.replace(new, old)):
        assert same(load_arrays(written(tmp_path / 'a.pkl', spelling)), CONTENT['arrays'])


def test_a_pickle_of_python_2_is_read(tmp_path):
    """As ``cPickle.dump({'pts': array, 'name': 'chair', 'ids': set([1L])}, file, 2)`` wrote it."""
    raw = np.array([[0.5, -1.0]], dtype='<f4').tobytes()
    data = (
        b'\x80\x02}q\x01(U\x03ptsq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85q\x05'
        b'U\x01bq\x06\x87q\x07Rq\x08(K\x01K\x01K\x02\x86q\tcnumpy\ndtype\nq\nU\x02f4q\x0bK\x00K\x01\x87q\x0cRq\r'
        b'(K\x03U\x01<q\x0eNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0fb\x89U\x08' + raw + b'q\x10tq\x11b'
        b'U\x04nameq\x12U\x05chairq\x13U\x03idsq\x14c__builtin__\nset\nq\x15]q\x16\x8a\x01\x01a\x85q\x17Rq\x18u.'
    )
    found = load_arrays(written(tmp_path / 'a.pkl', data))
    assert same(found, {'pts': np.array([[0.5, -1.0]], dtype=np.float32), 'name': 'chair', 'ids': {1}})


def test_text_protocol_0_of_python_2_is_read(tmp_path):
    data = b"(lp1\nS'caf\\xe9'\np2\naV\\u20ac\np3\naI01\naL5L\na."
    assert load_arrays(written(tmp_path / 'a.pkl', data)) == ['caf\xe9', '\u20ac', True, 5]


def test_shared_and_cyclic_containers_are_read(tmp_path):
    array = np.arange(3)
    ring = [array, (array,)]
    ring.append(ring)
    for _ in range(60):  # 2 ** 60 paths lead to the array
        ring = [ring, ring]
    found = load_arrays(written(tmp_path / 'a.pkl', ring))
    for _ in range(60):
        assert found[0] is found[1]
        found = found[0]
    assert found[2] is found
    assert found[0] is found[1][0]
    assert np.array_equal(found[0], array)


class Call:
    """Pickles as a call of a function; ``state`` and ``items`` are what the result is then filled with."""

    def __init__(self, function, *arguments, state=None, items=None):
        self.parts = (function, arguments, state, items)

    def __reduce__(self):
        return self.parts


def global_call(module, name, *arguments):
    """Return a pickle that calls a function by a dotted name, which Python 3.4 and later resolve part by part."""
    parts = b''.join(pickle.dumps(argument, 2)[2:-1] for argument in arguments)
    names = b''.join(b'\x8c' + bytes([len(text)]) + text for text in (module, name))
    return b'\x80\x04' + names + b'\x93(' + parts + b'tR.'


def evil_npy(marker):
    """Return a file of numpy whose reading runs code, if pickles in it are allowed."""
    np.save(f'{marker}.npy', np.array([Call(os.mkdir, marker)], dtype=object), allow_pickle=True)
    return f'{marker}.npy'


def python(marker):
    return f'import os; os.mkdir({marker!r})'


HOSTILE = {
    'os.mkdir': lambda marker: Call(os.mkdir, marker),
    'os.system': lambda marker: Call(os.system, f'mkdir "{marker}"'),
    'eval': lambda marker: Call(eval, f'__import__("os").mkdir({marker!r})'),
    'exec': lambda marker: {'train': [np.ones(3), Call(exec, python(marker))]},
    'protocol 0': lambda marker: pickle.dumps(Call(exec, python(marker)), 0),
    'python 2': lambda marker: b'c__builtin__\neval\n(S\'__import__("os").mkdir("' + marker.encode() + b'")\'\ntR.',
    'instance': lambda marker: b'(S"' + marker.encode() + b'"\nios\nmkdir\n.',
    'getattr': lambda marker: Call(list, Call(map, Call(getattr, Call(__import__, 'os'), 'mkdir'), [marker])),
    'subprocess': lambda marker: Call(subprocess.Popen, [sys.executable, '-c', python(marker)]),
    'copyreg': lambda marker: Call(
        copyreg._reconstructor, subprocess.Popen, subprocess.Popen, [sys.executable, '-c', python(marker)]
    ),
    'numpy.load': lambda marker: Call(np.load, evil_npy(marker), None, True),
    'runstring': lambda marker: global_call(b'numpy.testing._private.utils', b'runstring', python(marker), {}),
    'dotted': lambda marker: global_call(b'shutil', b'os.mkdir', marker),
    'extension': lambda marker: b'\x80\x02\x82\xf1(' + pickle.dumps(marker, 2)[2:-1] + b'tR.',
    'map': lambda marker: Call(list, Call(map, os.mkdir, [marker])),
    'in a state': lambda marker: Call(collections.OrderedDict, state={'a': Call(os.mkdir, marker)}),
    'in a key': lambda marker: {(1, Call(os.mkdir, marker)): 1},
    'in an object array': lambda marker: np.array([Call(os.mkdir, marker)], dtype=object),
}
"""Content or pickles that make the folder ``marker`` when they are run."""


@pytest.mark.parametrize('kind', HOSTILE)
def test_code_in_a_pickle_is_not_run(tmp_path, kind):
    marker = tmp_path / 'it ran'
    if kind == 'extension':  # a number in place of a name, for what a program has registered
        copyreg.add_extension('posix', 'mkdir', 0xF1)
    try:
        path = written(tmp_path / 'evil.pkl', HOSTILE[kind](str(marker)))
        message = refused(path)
        assert not marker.exists()
        assert 'nothing of it was run' in message

        result = pickle.loads(path.read_bytes(), encoding='latin1')
        for process in result if isinstance(result, list) else [result]:
            if isinstance(process, subprocess.Popen):
                assert process.wait() == 0
        assert marker.is_dir(), 'the pickle is harmless, so that the test proves nothing'
    finally:
        if kind == 'extension':
            copyreg.remove_extension('posix', 'mkdir', 0xF1)
            copyreg._extension_cache.clear()


def test_what_was_asked_for_is_named(tmp_path):
    path = written(tmp_path / 'a.pkl', Call(eval, '1'))
    assert 'asks for builtins.eval, which is no part of an array' in refused(path)
    strange = b'\x80\x04\x8c\x05a\n\x1b[m\x8c\x01b\x93.'
    assert 'asks for a\\n\\x1b[m.b, ' in refused(written(tmp_path / 'b.pkl', strange))


def test_builtins_are_refused_but_for_containers(tmp_path):
    for name in sorted(vars(builtins)):
        path = written(tmp_path / 'a.pkl', f'cbuiltins\n{name}\n)R.'.encode())
        if name in ('set', 'frozenset', 'bytes', 'bytearray', 'complex'):
            assert not load_arrays(path)
        else:
            assert f'asks for builtins.{name}, ' in refused(path)


def array_pickle(dtype_code, dtype_state, shape, data):
    """Return a pickle of an array as numpy writes it, with anything in its parts."""
    reconstruct = np.ones(1).__reduce__()[0]
    dtype = Call(np.dtype, dtype_code, False, True, state=dtype_state)
    return pickle.dumps(Call(reconstruct, np.ndarray, (0,), b'b', state=(1, shape, dtype, False, data)), 2)


PLAIN = (3, '<', None, None, None, -1, -1, 0)


@pytest.mark.parametrize(
    ('parts', 'reason'),
    [
        # Objects whose flags say that they are none: numpy would take the bytes for addresses.
        (('O8', (3, '|', None, None, None, -1, -1, 0), (1,), b'AAAAAAAA'), "of type 'O8'"),
        (('O8', (3, '|', None, None, None, -1, -1, 63), (1,), [1]), "of type 'O8'"),
        (('i4', (3, '<', None, ('a',), {'a': (np.dtype('i4'), 0)}, 4, 4, 0), (1,), b'AAAAAAAA'), 'composed type'),
        (('i4', (3, '<', (np.dtype('i4'), (2,)), None, None, 8, 8, 0), (1,), b'AAAAAAAA'), 'composed type'),
        (('V8', PLAIN, (1,), b'AAAAAAAA'), "of type 'V8'"),
        (('f4,O', PLAIN, (1,), b'AAAAAAAA'), "of type 'f4,O'"),
        (('M8[ns]', PLAIN, (1,), b'AAAAAAAA'), 'only numbers and text'),
        (('i4', PLAIN, (3,), b'AAAAAAAA'), '8 bytes for an array of int32 of shape (3,)'),
        (('i4', PLAIN, (2**40, 2**40), b'AAAA'), '4 bytes for an array'),
        (('i4', PLAIN, (-1, -1), b'AAAA'), 'shape (-1, -1)'),
        (('i4', PLAIN, (1,), [b'AAAA']), 'array of objects'),
        (('i4', (3, 'x', None, None, None, -1, -1, 0), (1,), b'AAAA'), 'composed type'),
    ],
)
def test_arrays_that_lie_about_memory_are_refused(tmp_path, parts, reason):
    plain = written(tmp_path / 'a.pkl', array_pickle('i4', PLAIN, (2,), b'\x01\0\0\0\x02\0\0\0'))
    assert load_arrays(plain).tolist() == [1, 2]
    assert reason in refused(written(tmp_path / 'a.pkl', array_pickle(*parts)))


@pytest.mark.parametrize(
    'data',
    [
        b'cnumpy\nndarray\n.',  # a function as the content
        b'cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n(K\x00tU\x01b\x87R.',  # no state
        b'cnumpy\ndtype\n}U\x05_makeNsb.',  # tries to change what it was given
        b'cnumpy\ndtype\nN}U\x05_makeNs\x86b.',
        b'\x80\x02cnumpy\ndtype\nU\x02f4\x85\x81.',  # makes an instance of what is no class
        b'c__builtin__\nset\n(cnumpy\ndtype\n(U\x02f4tRltR.',  # a stand-in where nobody looks
        b'Pname\n.',  # an object that is kept elsewhere
        b'\x80\x63.',
        b'c_codecs\nencode\n(VAAAA\nVrot13\ntR.',
        b'cbuiltins\nbytes\n(I1000000000000\ntR.',
    ],
)
def test_misuse_of_what_is_admitted_is_refused(tmp_path, data):
    refused(written(tmp_path / 'a.pkl', data))


def test_a_file_that_is_cut_anywhere_is_refused(tmp_path):
    data = pickle.dumps(CONTENT, 4)
    for end in [*range(0, 60), *range(60, len(data), 37), len(data) - 1]:
        assert 'fetch it again' in refused(written(tmp_path / 'a.pkl', data[:end]))


def test_random_damage_is_refused_or_read_but_never_anything_else(tmp_path):
    data = pickle.dumps([CONTENT['arrays'][0], CONTENT['texts'], np.float32(1)], 2)
    generator = np.random.default_rng(0)
    # Long positions in the memo make any unpickler reserve memory; damage elsewhere is what is tried here.
    safe = [position for op, _, position in pickletools.genops(data) if op.name not in ('BINPUT', 'LONG_BINPUT')]
    for _ in range(150):
        broken = bytearray(data)
        broken[generator.choice(safe)] = generator.choice(list(b'abcdNtRb.}]()0123\x85\x86\x87\x88'))
        path = written(tmp_path / 'a.pkl', bytes(broken))
        with contextlib.suppress(UsageError):
            load_arrays(path)


CLAIMS = {
    'text of 2 GB': b'\x80\x02X\xff\xff\xff\x7f.',
    'bytes of 2 GB': b'\x80\x03B\xff\xff\xff\x7f.',
    'bytes of 1 TB': b'\x80\x04\x8e' + (1 << 40).to_bytes(8, 'little') + b'.',
    'array of 1 TB': b'\x80\x05\x96' + (1 << 40).to_bytes(8, 'little') + b'.',
    'text of 1 TB': b'\x80\x04\x8d' + (1 << 40).to_bytes(8, 'little') + b'.',
    'old text of 2 GB': b'\x80\x02T\xff\xff\xff\x7f.',
    'number of 2 GB': b'\x80\x02\x8b\xff\xff\xff\x7f.',
    'frame of 1 TB': b'\x80\x04\x95' + (1 << 40).to_bytes(8, 'little') + b'N.',
    'place far away': b'\x80\x02Nr\xff\xff\xff\x7f.',
    'place far away in text': b'Np2147483647\n.',
    'place of no number': b'Npx\n.',
    'no end': b'\x80\x02' + b'N' * 1000,
    'array of no bytes': pickle.dumps(np.zeros(3), 2).replace(b'K\x03\x85', b'J\xff\xff\xff\x7f\x85'),
}


@pytest.mark.slow
def test_claims_take_no_memory(tmp_path):
    """In a process that may have half a gigabyte more than it has."""
    for name, content in CLAIMS.items():
        (tmp_path / f'{name}.pkl').write_bytes(content)
    code = (
        'import resource, sys; from pathlib import Path; from zoo.datasets.unpickle import load_arrays\n'
        'from zoo.errors import UsageError\n'
        "used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        'resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 29), used + (1 << 29)))\n'
        'for path in sorted(Path(sys.argv[1]).iterdir()):\n'
        '    try:\n'
        '        print(load_arrays(path))\n'
        '    except UsageError as error:\n'
        "        print('refused', 'MemoryError' in str(error), len(str(error)) > 400)\n"
    )
    done = subprocess.run([sys.executable, '-c', code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ['refused False False'] * len(CLAIMS), done.stdout + done.stderr


def test_pickles_of_very_many_parts_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr('zoo.datasets.unpickle.INSTRUCTIONS', 1000)
    (tmp_path / 'many.pkl').write_bytes(b'(' + b'\x8f' * 2000 + b't.')
    assert 'has more than 1000 parts' in refused(tmp_path / 'many.pkl')


def test_a_deep_nest_is_refused(tmp_path):
    assert 'RecursionError' in refused(written(tmp_path / 'a.pkl', b'(' * 100_000 + b't' * 100_000 + b'.'))


def test_other_files_are_named(tmp_path, monkeypatch):
    assert refused(tmp_path / 'absent.pkl').endswith('absent.pkl is missing')
    assert 'cannot be read as a pickle' in refused(written(tmp_path / 'a.pkl', b'PK\x03\x04 not a pickle'))
    assert 'cannot be read as a pickle' in refused(written(tmp_path / 'b.pkl', b''))
    assert 'cannot be read as a pickle' in refused(tmp_path)
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))
    written(tmp_path / 'c.pkl', [1])
    assert load_arrays('c.pkl') == [1]  # below the data root
