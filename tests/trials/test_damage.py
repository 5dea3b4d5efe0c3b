"""Every file of every cache cut, emptied, flipped, replaced and removed: made again or refused, never used."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import warnings
from collections import Counter
from pathlib import Path

import pytest

from tests.trials.kinds import KINDS, outcome
from zoo.datasets.mesh_folder import MeshFolder
from zoo.errors import UsageError

FLIPS = int(os.environ.get('TRIALS', '3'))
"""Of every file; by hand ``TRIALS=200 pytest tests/trials/test_damage.py -s``."""


def harms(path, other):
    """Ways to harm a file: a name and the new content, None to remove it.

    Args:
        path: the file.
        other: files of another of the same kind.
    """
    content = path.read_bytes()
    yield 'removed', None
    yield from (('cut', content[:size]) for size in {0, 1, len(content) // 2, len(content) - 1})
    yield 'longer', content + b'\0'
    yield 'garbage', random.Random(0).randbytes(len(content))
    yield from (('replaced', made.read_bytes()) for made in other if made.suffix == path.suffix)
    for seed in range(FLIPS):
        draw = random.Random(f'{path.name} {seed}')
        place = draw.randrange(len(content))
        flipped = bytes([content[place] ^ 1 << draw.randrange(8)])
        yield f'flipped at {place}', content[:place] + flipped + content[place + 1 :]


def files(folder):
    return sorted(path for path in folder.rglob('*') if path.is_file() and path.suffix not in ('.lock', '.claim'))


@pytest.mark.slow
@pytest.mark.parametrize('kind', KINDS)
def test_damage_is_never_used(kind, tmp_path):
    sources, whole = tmp_path / 'sources', tmp_path / 'whole'
    expected = KINDS[kind](whole, sources, 0)
    KINDS[kind](tmp_path / 'other', sources, 1)
    assert outcome(kind, whole, sources, expected) == 'right'
    counts, wrong = Counter(), []
    for path in files(whole):
        others = [*files(tmp_path / 'other'), *(beside for beside in files(whole) if beside != path)]
        for harm, content in harms(path, others):
            home = tmp_path / 'home'
            shutil.copytree(whole, home)  # with the times, which tell that a file is as it was
            victim = home / path.relative_to(whole)
            if content is None:
                victim.unlink()
            else:
                victim.write_bytes(content)
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                found = outcome(kind, home, sources, expected)
            counts[found if found in ('right', 'refused', 'silent') else 'traceback'] += 1
            if found not in ('right', 'refused'):
                wrong.append(f'{path.relative_to(whole)} {harm}: {found}')
            shutil.rmtree(home)
    print(f'\n| {kind} | {counts.total()} | {dict(counts)} |')
    assert not wrong, f'{len(wrong)} of {counts.total()}:\n' + '\n'.join(wrong[:20])


@pytest.mark.parametrize('kind', KINDS)
def test_what_belongs_to_another_is_not_used(kind, tmp_path):
    """Whole folders and files change their names, and are as good as ever but for that."""
    sources, home, other = tmp_path / 'sources', tmp_path / 'home', tmp_path / 'other'
    expected = KINDS[kind](home, sources, 0)
    assert KINDS[kind](other, sources, 1) != expected
    for place, foreign in zip(*(sorted(root.glob('*/[!.]*')) for root in (home, other)), strict=True):
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        foreign.rename(place)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        assert outcome(kind, home, sources, expected) == 'right'


@pytest.mark.parametrize('kind', KINDS)
def test_what_is_another_users_is_left_alone(kind, tmp_path, another_user):
    """Readable it is used, also where nothing may be written; unreadable it is one line, and stays as it is."""
    sources, home = tmp_path / 'sources', tmp_path / 'home'
    before = os.umask(0o022)
    try:
        expected = KINDS[kind](home, sources, 0)
    finally:
        os.umask(before)
    with another_user():
        assert outcome(kind, home, sources, expected) == 'right'
    tree = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in home.rglob('*')}
    for path in [*files(home), *(path for path in home.rglob('*') if path.is_dir())]:
        mode = path.stat().st_mode
        path.chmod(0o600 if path.is_file() else 0o700)
        with another_user():
            found = outcome(kind, home, sources, expected)
        path.chmod(mode)
        # Locks, and a note that only saves time, are not needed to read.
        assert found == 'refused' or (found == 'right' and path.name in ('.locks', 'stamps.json')), (path, found)
        assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in home.rglob('*')} == tree, path


@pytest.fixture
def disk(tmp_path, mount):
    """A small file system, and a function that mounts it anew with other options."""
    place = tmp_path / 'disk'
    mount(place, 'size=8m')
    return place, lambda options: mount(place, options)


@pytest.mark.parametrize('kind', KINDS)
def test_a_disk_that_can_only_be_read(kind, tmp_path, disk):
    """What is there is used; what is not, or is damaged, is one line."""
    (place, again), sources = disk, tmp_path / 'sources'
    again('size=64m')  # a download asks for more than it needs
    again('ro')
    assert outcome(kind, place, sources, '') == 'refused'
    again('rw')
    expected = KINDS[kind](place, sources, 0)
    again('ro')
    assert outcome(kind, place, sources, expected) == 'right'
    again('rw')
    for path in files(place):
        path.write_bytes(b'damaged')
    again('ro')
    assert outcome(kind, place, sources, expected) == 'refused'


@pytest.mark.parametrize('kind', KINDS)
def test_a_full_disk_is_one_line(kind, tmp_path, disk):
    """At any size; with room, the same is made as on any other disk."""
    (place, again), sources = disk, tmp_path / 'sources'
    expected = KINDS[kind](tmp_path / 'home', sources, 0)
    (place / 'filler').write_bytes(b'')
    for pages in (0, 1, 2, 3, 5, 9, 17):
        with contextlib.suppress(OSError), (place / 'filler').open('wb') as file:
            file.write(bytes(8 << 20))
        os.truncate(place / 'filler', (place / 'filler').stat().st_size - 4096 * pages)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            assert outcome(kind, place / 'home', sources, expected) in ('refused', 'right'), pages
    (place / 'filler').unlink()
    again('size=64m')
    assert outcome(kind, place / 'home', sources, expected) == 'right'
    assert not list(place.rglob('*.tmp')), 'left over'
    assert not list(place.rglob('*.unfinished')), 'left over'


@pytest.mark.parametrize('kind', KINDS)
def test_a_file_in_the_place_of_the_folder(kind, tmp_path):
    (tmp_path / 'home').write_text('in the way')
    assert outcome(kind, tmp_path / 'home', tmp_path / 'sources', '') == 'refused'


@pytest.mark.parametrize('kind', KINDS)
def test_a_group_works_in_one_folder(kind, tmp_path, another_user):
    """What one makes, the other repairs, makes again and adds to; new files belong to the group."""
    sources, home = tmp_path / 'sources', tmp_path / 'home'
    home.mkdir()
    os.chown(home, 0, another_user.group)
    home.chmod(0o2775)
    before = os.umask(0o002)
    try:
        expected = KINDS[kind](home, sources, 0)
        KINDS[kind](home, sources, 1)
        for path in files(home):
            path.write_bytes(b'damaged')
        with another_user():
            assert outcome(kind, home, sources, expected) in ('right', 'refused')
            if kind == 'sweethome3d':
                shutil.rmtree(home / kind)
            assert outcome(kind, home, sources, expected) == 'right'
        for path in home.rglob('*'):
            mode = path.stat()
            assert mode.st_gid == another_user.group, path
            assert mode.st_mode & 0o060 == 0o060, path
    finally:
        os.umask(before)


@pytest.mark.parametrize('name', ['box.obj', 'box.mtl', '.'])
def test_a_mesh_that_may_not_be_read_is_not_left_out(name, tmp_path, another_user):
    """Nor drawn without its colors; once it may be read it is, although its time has not changed."""
    folder = tmp_path / 'meshes' / 'boxes'
    folder.mkdir(parents=True)
    (folder / 'box.obj').write_text('mtllib box.mtl\nusemtl red\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n')
    (folder / 'box.mtl').write_text('newmtl red\nKd 1 0 0\n')
    mode = (folder / name).stat().st_mode
    (folder / name).chmod(0o600)
    home = tmp_path / 'home'
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    with another_user(), pytest.raises(UsageError, match=r'Permission denied.*ask its owner'):
        MeshFolder(folder.parent, 'all', num_points=4, workers=1, cache_dir=home)
    (folder / name).chmod(mode)
    with another_user():
        found = MeshFolder(folder.parent, 'all', num_points=4, workers=1, cache_dir=home)
    assert found.colors(0).tolist() == [[255, 0, 0]] * 4


def test_a_full_note_says_who(tmp_path):
    """The helper that tells kinds of ends apart tells them apart."""
    assert outcome('procedural', Path('/dev/null/x'), tmp_path, '') == 'refused'
    assert outcome('procedural', tmp_path, tmp_path, '') == 'silent'
