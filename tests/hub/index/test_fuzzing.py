"""Two hundred broken indices: each is taken or refused in one line, none ends in a traceback."""

from __future__ import annotations

import copy
import functools
import operator
import random

import yaml

from tests.hub.index.samples import COLLECTIONS, MODELS, write_index
from zoo.errors import UsageError
from zoo.hub.index import entries

COUNT = 200
VALUES = [
    None, True, False, 0, -1, 3, 10**14, 10**40, -(10**40), 1e308, float('nan'), float('inf'), '', ' ',
    '../../etc/passwd', '/etc/passwd', '..', 'weights/../../x.safetensors', 'C:\\x', 'file:///etc/passwd', 'ftp://x',
    'a' * 5000, 'a\nb', '\x00', 'ü', '${HOME}', '%s{0}', [], {}, [[]], [None], {'a': {}}, ['x', 3],
    'recon-nano_procedural', 'RECON-NANO_PROCEDURAL', '2026-13-45', b'bytes', {1: 2}, {None: 'x'},
    [[[[[[[[[[[[[[[]]]]]]]]]]]]]]],
]  # fmt: skip


INSERTED = ['\t', '\0', '&a', '*a', '!!python/name:os.system ', '{', ']', ': ', '\ufeff', '\x85']
METAFILE = 'configs/recon/metafile.yml'
IMPORTS = [['model_index.yml'], [METAFILE] * 2, ['../model_index.yml'], [3], 'x', ['configs/gone.yml'], {}]


def places(value, way=()):
    """Every place of nested data."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in inner:
        yield from places(entry, (*way, key))


def spoil(data, rng):
    """Change one place of the data, in place."""
    way = rng.choice([way for way in places(data) if way])
    owner, key = functools.reduce(operator.getitem, way[:-1], data), way[-1]
    kind = rng.choice(['remove', 'replace', 'replace', 'rename', 'repeat', 'swap'])
    if kind == 'remove':
        del owner[key]
    elif kind == 'rename' and isinstance(owner, dict):
        owner[rng.choice([str(key).lower(), f'{key} ', 'Import', '__class__', 'self', str(key)[:-1]])] = owner.pop(key)
    elif kind == 'repeat' and isinstance(owner, list):
        owner.append(copy.deepcopy(owner[key]))
    elif kind == 'swap':
        owner[key] = copy.deepcopy(rng.choice([MODELS, COLLECTIONS, MODELS[0], MODELS[1]['Metadata']]))
    else:
        owner[key] = copy.deepcopy(rng.choice(VALUES))


def spoil_text(text, rng):
    """Change the text as a broken transfer or an editor would."""
    place = rng.randrange(len(text))
    kind = rng.randrange(6)
    if kind == 0:
        return text[:place]
    if kind == 1:
        return text[:place] + rng.choice(INSERTED) + text[place:]
    if kind == 2:
        return text[:place] + text[place : place + 200] + text[place:]
    if kind == 3:
        return text + text
    if kind == 4:
        return text.replace('\n', rng.choice(['\r', '\n\n ', ' ']), 3)
    return ''.join(rng.choice(text) if rng.random() < 0.02 else letter for letter in text)


def write_broken(folder, seed):
    """A broken index; returns its path."""
    rng = random.Random(seed)
    data = {'Collections': copy.deepcopy(COLLECTIONS), 'Models': copy.deepcopy(MODELS)}
    root = {'Import': rng.choice(IMPORTS) if rng.random() < 0.15 else [METAFILE]}
    if rng.random() < 0.15:
        data['Import'] = [METAFILE]
    for _ in range(rng.randint(1, 3)):
        spoil(data, rng)
    text = yaml.dump(data, sort_keys=False)
    for _ in range(rng.randint(0, 2)):
        text = spoil_text(text, rng)
    metafile = folder / METAFILE
    metafile.parent.mkdir(parents=True, exist_ok=True)
    metafile.write_text(text, encoding='utf-8', errors='surrogatepass')
    index = folder / 'model_index.yml'
    index.write_text(yaml.safe_dump(root))
    return index


def test_no_broken_index_ends_in_a_traceback(tmp_path):
    messages = []
    for seed in range(COUNT):
        try:  # anything but a UsageError fails the test
            for entry in entries(write_broken(tmp_path, seed)).values():
                entry.weight_file()
        except UsageError as error:
            said = str(error)
            assert 'yml' in said, (seed, said)
            assert said.isprintable(), (seed, said)
            assert len(said) < 1000, seed
            messages.append(said.split(': ')[-1][:40])
    assert len(messages) > COUNT * 0.7  # they are broken
    assert len(set(messages)) > 20  # in many ways


def test_the_index_that_is_spoilt_is_right(tmp_path):
    assert len(entries(write_index(tmp_path))) == len(MODELS)
