from __future__ import annotations

import re

import pytest

from tests.refusals import refused
from zoo.hub.index.limits import BYTES, DEPTH, read_yaml

BOMB = 'a: &a [x, x]\n' + ''.join(
    f'{c}: &{c} [*{p}, *{p}, *{p}, *{p}, *{p}, *{p}, *{p}]\n' for p, c in zip('abcdefgh', 'bcdefghi', strict=True)
)


def write(tmp_path, content):
    path = tmp_path / 'x.yml'
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_plain_yaml_is_read(tmp_path):
    text = "a: 1\nb: [x, 2.5, true, null]\nc: {d: '3'}\nday: 2026-11-24\n"
    found = read_yaml(write(tmp_path, text), 'x.yml')
    assert found == {'a': 1, 'b': ['x', 2.5, True, None], 'c': {'d': '3'}, 'day': '2026-11-24'}


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (BOMB, 'line 1: anchors and aliases'),
        ('a: &a [*a]', 'anchors'),
        ('[' * (DEPTH + 1) + ']' * (DEPTH + 1), 'nested deeper'),
        ('[' * 100_000, 'nested deeper|nesting depth'),  # newer releases of libyaml have a limit of their own
        ('{a: ' * 100_000, 'nested deeper|nesting depth'),
        ('a: 1\nb: 2\na: 3\n', "key 'a' comes twice"),
        ('? [1, 2]\n: x', 'a key is no text'),
        ('a: .inf', 'not finite'),
        ('a: .nan', 'not finite'),
        ('a: 1.0e+300', 'larger'),
        ('a: ' + '9' * 30, 'larger'),
        ('a: ' + '9' * 6000, 'cannot be read'),
        ('a: !!python/object/apply:os.system [ls]', 'could not determine a constructor'),
        (b'\xff\xfe\x00a', 'cannot be read'),
        (b'\x00\x01\x02', 'cannot be read'),
        ('x' * (BYTES + 1), 'longer than'),
        ('- a\n' * 120_000, 'more than'),
        ('a: [', 'cannot be read'),
        ('\t- a', 'cannot be read'),
    ],
)
def test_what_is_refused(tmp_path, content, message):
    assert re.search(rf'^x\.yml.*({message})', refused(read_yaml, write(tmp_path, content), 'x.yml'))


def test_a_missing_file_is_named(tmp_path):
    assert 'gone.yml cannot be read' in refused(read_yaml, tmp_path / 'gone.yml', 'gone.yml')
