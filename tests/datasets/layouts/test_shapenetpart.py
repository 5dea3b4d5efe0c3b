from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch

from tests.datasets.layouts.writers_shapenetpart import FOLDER, NUM_PARTS, TABLE
from tests.refusals import refused
from zoo.datasets.layouts.shapenetpart import ShapeNetPart, _choice
from zoo.datasets.layouts.shapenetpart_names import PARTS, SYNSETS

SPLITS = ('train', 'val', 'test')
CHOICE = [2, 8, 6, 9, 4, 1, 3, 0, 7, 5, 3, 7, 0]
"""What was chosen of ten points when the choice was written down."""


@pytest.fixture(scope='module')
def whole(original):
    return original('ShapeNetPart')


@pytest.fixture
def root(copied):
    return copied('ShapeNetPart')


def listed(root, split):
    """Return a list of objects as ``<synset>/<name>``."""
    path = root / FOLDER / 'train_test_split' / f'shuffled_{split}_file_list.json'
    return [entry.removeprefix('shape_data/') for entry in json.loads(path.read_text())]


def stored(root, name):
    """Read a file by hand."""
    lines = (root / FOLDER / f'{name}.txt').read_text().splitlines()
    return np.array([[float(word) for word in line.split()] for line in lines], dtype=np.float32)


# --- classes and lists ---------------------------------------------------------------------------------------------


def test_the_table_of_classes_has_16_of_them_and_50_parts():
    assert list(SYNSETS.items()) == [tuple(line.split()) for line in TABLE.splitlines()]
    assert [len(parts) for parts in PARTS.values()] == list(NUM_PARTS)
    assert [part for parts in PARTS.values() for part in parts] == list(range(50))
    assert PARTS['Chair'] == [12, 13, 14, 15]
    assert PARTS['Motorbike'] == [30, 31, 32, 33, 34, 35]
    assert PARTS['Table'] == [47, 48, 49]


def test_lists_make_the_splits_and_labels_follow_the_folder(whole):
    for split in SPLITS:
        dataset = ShapeNetPart(split, data_root=whole)
        assert dataset.names == listed(whole, split)
        assert [dataset.info(index)['id'] for index in range(len(dataset))] == dataset.names
        for index, name in enumerate(dataset.names):
            kind = dataset.classes[dataset.labels[index]]
            assert SYNSETS[kind] == name.split('/')[0]
            assert dataset.caption(index) == kind.lower()
        assert dataset.parts == PARTS
    names = ShapeNetPart('trainval', data_root=whole).names
    assert len(names) == len(set(names)) == 24
    assert set(names) == {*listed(whole, 'train'), *listed(whole, 'val')}


# --- what is read --------------------------------------------------------------------------------------------------


def test_all_points_are_what_the_file_holds(whole):
    dataset = ShapeNetPart('test', num_points=None, data_root=whole)
    for index, name in enumerate(listed(whole, 'test')):
        rows = stored(whole, name)
        assert np.array_equal(dataset.points(index), rows[:, :3])
        assert np.array_equal(dataset.normals(index), rows[:, 3:6])
        assert np.array_equal(dataset.part(index), rows[:, 6])
        assert dataset.part(index).dtype == np.int64
        assert dataset.source(index) == str(whole / FOLDER / f'{name}.txt')
        assert dataset[index]['points'].shape == (len(rows), 3)
    assert 'points cannot be one batch: set num_points' in refused(dataset.__getitems__, [0, 1, 2])


def rows_in(table, points, parts):
    """Return where each of some points stands in a table, with its part, by comparing it with all of them."""
    rows = torch.column_stack([points, parts]).numpy()
    return [int(np.flatnonzero((table[:, [0, 1, 2, 6]] == row).all(axis=1))[0]) for row in rows]


@pytest.mark.parametrize('sampling', ['fixed', 'random'])
@pytest.mark.parametrize('num_points', [100, 300, 2000])
def test_points_and_parts_are_lines_of_the_file(whole, sampling, num_points):
    torch.manual_seed(0)
    dataset = ShapeNetPart('test', num_points=num_points, sampling=sampling, data_root=whole)
    for batch, indices in (
        (dataset.__getitems__([3, 0, 3]), [3, 0, 3]),
        (dataset.subset([6, 1, 4]).__getitems__([2, 0]), [4, 6]),
    ):
        assert batch['points'].shape == (len(indices), num_points, 3)
        assert batch['part'].shape == (len(indices), num_points)
        for row, index in enumerate(indices):
            table = stored(whole, dataset.names[index])
            chosen = rows_in(table, batch['points'][row], batch['part'][row])
            # As few repetitions as can be.
            assert len(set(chosen)) == min(num_points, len(table))
    assert dataset.gather_parts(np.array([3, 5])).shape == (2, num_points)


def test_the_fixed_choice_is_the_same_on_every_read(whole):
    first = ShapeNetPart('test', num_points=256, data_root=whole)
    torch.manual_seed(1)
    second = ShapeNetPart('test', num_points=256, data_root=whole)
    batch = first.__getitems__([5, 2])
    torch.manual_seed(2)
    again = second.__getitems__([2, 5])
    assert torch.equal(batch['points'].flip(0), again['points'])
    assert torch.equal(batch['part'].flip(0), again['part'])
    assert np.array_equal(first.points(2), again['points'][0])
    assert np.array_equal(first.part(2), again['part'][0])
    assert np.array_equal(first.normals(2), second.normals(2))
    smaller = ShapeNetPart('test', num_points=64, data_root=whole)
    assert np.array_equal(smaller.points(2), first.points(2)[:64])
    state = torch.get_rng_state()
    first.__getitems__([1])
    assert torch.equal(torch.get_rng_state(), state)
    random = ShapeNetPart('test', num_points=256, sampling='random', data_root=whole)
    assert np.array_equal(random.points(4), first.points(4))
    others = {ShapeNetPart(split, data_root=whole).fingerprint for split in SPLITS}
    assert len({first.fingerprint, smaller.fingerprint, random.fingerprint, *others}) == 6


def test_the_fixed_choice_stays_as_it_is_and_favours_no_place():
    """A release that chooses other points would change every figure."""
    assert _choice('02691156/a', 10, 6).tolist() == CHOICE[:6]
    assert _choice('02691156/a', 10, 13).tolist() == CHOICE
    counts = np.bincount(np.concatenate([_choice(f'object{number}', 40, 10) for number in range(2000)]), minlength=40)
    # 2000 draws of 10 in 40: 500 each, with a standard deviation of 19.
    assert abs(counts - 500).max() < 5 * 19.4


def test_a_random_choice_follows_the_seed_and_changes_from_batch_to_batch(whole):
    dataset = ShapeNetPart('test', num_points=128, sampling='random', data_root=whole)

    def draw():
        return dataset.__getitems__([0, 0, 1])['points']

    torch.manual_seed(3)
    first, second = draw(), draw()
    torch.manual_seed(3)
    assert torch.equal(first, draw())
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])


# --- what is wrong -------------------------------------------------------------------------------------------------


def test_missing_pieces_are_named_before_the_first_epoch(root):
    names = listed(root, 'train')
    (root / FOLDER / f'{names[3]}.txt').unlink()
    shutil.rmtree(root / FOLDER / names[6].split('/')[0])
    message = refused(ShapeNetPart, 'train', data_root=root)
    assert message.startswith(f'ShapeNetPart: {root / FOLDER} lacks 2 of 20 files, the first is {names[3]}.txt: ')
    for missing in ('train_test_split/shuffled_train_file_list.json', 'synsetoffset2category.txt'):
        (root / FOLDER / missing).rename(root / 'away')
        assert f'lacks {missing}: ' in refused(ShapeNetPart, 'train', data_root=root)
        (root / 'away').rename(root / FOLDER / missing)


def test_another_table_of_classes_is_refused(root):
    path = root / FOLDER / 'synsetoffset2category.txt'
    good = path.read_text()
    for content, expected in (
        ('Orchid\t01234567\n', "has the line 'Orchid 01234567'"),
        (good.replace('04379243', '04379244'), "has the line 'Table 04379244'"),
        (good.replace('Mug\t03797390\n', ''), 'lacks Mug'),
        ('', 'lacks Airplane'),
        (good + 'Cap\n', "has the line 'Cap'"),
    ):
        path.write_text(content)
        message = refused(ShapeNetPart, 'test', data_root=root)
        assert message == f'{path} {expected}, it must list the 16 classes of ShapeNetPart: fetch it again'
    path.write_bytes(b'\xff\xfe\x00')
    assert f'{path} cannot be read' in refused(ShapeNetPart, 'test', data_root=root)


def test_a_broken_list_is_named(root):
    path = root / FOLDER / 'train_test_split' / 'shuffled_val_file_list.json'
    for content, expected in (
        ('[', 'cannot be read as JSON'),
        ('{}', 'must be a list of objects'),
        ('[]', 'must be a list of objects'),
        ('[3]', 'has the entry 3, expected shape_data/<synset>/<name>'),
        ('["shape_data/02691156"]', "has the entry 'shape_data/02691156'"),
        ('["shape_data/99999999/a"]', "has the entry 'shape_data/99999999/a'"),
        ('["shape_data/02691156/"]', "has the entry 'shape_data/02691156/'"),
        ('["../02691156/a"]', "has the entry '../02691156/a'"),
    ):
        path.write_text(content)
        assert refused(ShapeNetPart, 'trainval', data_root=root).startswith(f'{path} {expected}')


@pytest.mark.parametrize(
    ('change', 'expected'),
    [
        (lambda rows: [*rows[:4], ['nan', *rows[4][1:]], *rows[5:]], 'line 5 has NaN or infinity'),
        (lambda rows: [*rows[:6], [*rows[6][:5], 'inf', rows[6][6]], *rows[7:]], 'line 7 has NaN or infinity'),
        (
            lambda rows: [*rows[:9], [*rows[9][:6], '11'], *rows[10:]],
            'line 10 has the part 11, but a Chair has 12 to 15',
        ),
        (lambda rows: [*rows[:9], [*rows[9][:6], '12.5'], *rows[10:]], 'line 10 has the part 12.5, but a Chair has 12'),
        (lambda rows: [[*row[:3], row[6]] for row in rows], 'must have lines x y z nx ny nz part, not 4 columns'),
        (lambda rows: [], 'must have lines x y z nx ny nz part'),
        (lambda rows: [*rows[:5], rows[5][:3]], 'cannot be read as lines of 7 numbers ('),
        (lambda rows: [['o.5', *rows[0][1:]], *rows[1:]], 'cannot be read as lines of 7 numbers ('),
    ],
)
def test_a_broken_object_is_named(root, change, expected):
    dataset = ShapeNetPart('train', num_points=64, data_root=root)
    index = list(dataset.labels).index(list(SYNSETS).index('Chair'))
    path = root / FOLDER / f'{dataset.names[index]}.txt'
    rows = [line.split() for line in path.read_text().splitlines()]
    path.write_text('\n'.join(map(' '.join, change(rows))))
    for message in (refused(dataset.__getitem__, index), refused(ShapeNetPart, 'train', data_root=root)):
        assert message.startswith(f'{path} {expected}')
        assert message.endswith('fetch it again')


def test_an_object_that_vanishes_later_is_named(root):
    dataset = ShapeNetPart('test', data_root=root)
    path = root / FOLDER / f'{dataset.names[2]}.txt'
    path.unlink()
    assert refused(dataset.__getitem__, 2).startswith(f'{path} cannot be read')
