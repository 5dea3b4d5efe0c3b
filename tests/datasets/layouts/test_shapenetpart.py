from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tests.datasets.layouts.one_step import train_one_step, write_config
from tests.datasets.layouts.writers_shapenetpart import FOLDER, NUM_PARTS, TABLE, rows_of, write_shapenetpart
from tests.engine.conftest import run_tool
from tests.shared import shared_file
from zoo.datasets.layouts.shapenetpart import ShapeNetPart, _choice
from zoo.datasets.layouts.shapenetpart_names import PARTS, SYNSETS
from zoo.errors import UsageError
from zoo.registry import DATASETS

MODULE = 'zoo.datasets.layouts.shapenetpart'
SPLITS = ('train', 'val', 'test')
CHOICE = [2, 8, 6, 9, 4, 1, 3, 0, 7, 5, 3, 7, 0]
"""What was chosen of ten points when the choice was written down."""


@pytest.fixture(scope='module')
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp('official')
    write_shapenetpart(root)
    return root


@pytest.fixture
def root(original, tmp_path):
    """A copy that a test may break."""
    shutil.copytree(original, tmp_path / 'data')
    return tmp_path / 'data'


def listed(root, split):
    """Return a list of objects as ``<synset>/<name>``."""
    path = root / FOLDER / 'train_test_split' / f'shuffled_{split}_file_list.json'
    return [entry.removeprefix('shape_data/') for entry in json.loads(path.read_text())]


def stored(root, name):
    """Read a file by hand."""
    lines = (root / FOLDER / f'{name}.txt').read_text().splitlines()
    return np.array([[float(word) for word in line.split()] for line in lines], dtype=np.float32)


def refused(action):
    """Return the message of a refusal: one line."""
    with pytest.raises(UsageError) as error:
        action()
    assert '\n' not in str(error.value)
    return str(error.value)


# --- classes and lists ---------------------------------------------------------------------------------------------


def test_the_table_of_classes_has_16_of_them_and_50_parts():
    assert list(SYNSETS.items()) == [tuple(line.split()) for line in TABLE.splitlines()]
    assert [len(parts) for parts in PARTS.values()] == list(NUM_PARTS)
    assert [part for parts in PARTS.values() for part in parts] == list(range(50))
    assert PARTS['Chair'] == [12, 13, 14, 15]
    assert PARTS['Motorbike'] == [30, 31, 32, 33, 34, 35]
    assert PARTS['Table'] == [47, 48, 49]


def test_the_official_lists_name_objects_of_these_classes_alone():
    entries = {
        split: json.loads(shared_file('data', 'lists', 'shapenetpart', f'shuffled_{split}_file_list.json').read_text())
        for split in SPLITS
    }
    assert {entry.split('/')[1] for part in entries.values() for entry in part} == set(SYNSETS.values())
    # What the docstring says of them.
    both = {*entries['train'], *entries['val']}
    assert [len(entries[split]) for split in SPLITS] == [12137, 1870, 2874]
    assert len(both) == 13998
    assert len(both & set(entries['test'])) == 26


def test_lists_make_the_splits(original):
    for split in SPLITS:
        dataset = ShapeNetPart(split, data_root=original)
        assert dataset.names == listed(original, split)
        assert [dataset.info(index)['id'] for index in range(len(dataset))] == dataset.names
    names = ShapeNetPart('trainval', data_root=original).names
    assert len(names) == len(set(names)) == 24
    assert set(names) == {*listed(original, 'train'), *listed(original, 'val')}


def test_labels_follow_the_folder(original):
    dataset = ShapeNetPart('train', texts=True, data_root=original)
    for index, name in enumerate(listed(original, 'train')):
        kind = dataset.classes[dataset.labels[index]]
        assert SYNSETS[kind] == name.split('/')[0]
        assert dataset.caption(index) == kind.lower()
    assert dataset.parts == PARTS


# --- what is read --------------------------------------------------------------------------------------------------


def test_all_points_are_what_the_file_holds(original):
    dataset = ShapeNetPart('test', num_points=None, data_root=original)
    for index, name in enumerate(listed(original, 'test')):
        rows = stored(original, name)
        assert np.array_equal(dataset.points(index), rows[:, :3])
        assert np.array_equal(dataset.normals(index), rows[:, 3:6])
        assert np.array_equal(dataset.part(index), rows[:, 6])
        assert dataset.points(index).dtype == np.float32
        assert dataset.part(index).dtype == np.int64
        assert dataset.source(index) == str(original / FOLDER / f'{name}.txt')
        assert dataset[index]['points'].shape == (len(rows), 3)
    assert 'points cannot be one batch: set num_points' in refused(lambda: dataset.__getitems__([0, 1, 2]))


def rows_in(table, rows):
    """Return where each of some rows stands in a table, by comparing it with all of them."""
    return [int(np.flatnonzero((table == row).all(axis=1))[0]) for row in rows]


@pytest.mark.parametrize('sampling', ['fixed', 'random'])
@pytest.mark.parametrize('num_points', [100, 300, 2000])
def test_points_and_parts_are_lines_of_the_file(original, sampling, num_points):
    torch.manual_seed(0)
    dataset = ShapeNetPart('test', num_points=num_points, sampling=sampling, data_root=original)
    batch = dataset.__getitems__([3, 0, 3])
    assert batch['points'].shape == (3, num_points, 3)
    assert batch['part'].shape == (3, num_points)
    for row, index in enumerate([3, 0, 3]):
        table = stored(original, dataset.names[index])
        chosen = rows_in(table[:, [0, 1, 2, 6]], torch.column_stack([batch['points'][row], batch['part'][row]]).numpy())
        # As few repetitions as can be.
        assert len(set(chosen)) == min(num_points, len(table))


def test_the_fixed_choice_is_the_same_on_every_read(original):
    first = ShapeNetPart('test', num_points=256, data_root=original)
    torch.manual_seed(1)
    second = ShapeNetPart('test', num_points=256, data_root=original)
    batch = first.__getitems__([5, 2])
    torch.manual_seed(2)
    again = second.__getitems__([2, 5])
    assert torch.equal(batch['points'].flip(0), again['points'])
    assert torch.equal(batch['part'].flip(0), again['part'])
    assert np.array_equal(first.points(2), again['points'][0])
    assert np.array_equal(first.part(2), again['part'][0])
    assert np.array_equal(first.normals(2), second.normals(2))
    smaller = ShapeNetPart('test', num_points=64, data_root=original)
    assert np.array_equal(smaller.points(2), first.points(2)[:64])
    state = torch.get_rng_state()
    first.__getitems__([1])
    assert torch.equal(torch.get_rng_state(), state)


def test_the_fixed_choice_stays_as_it_is():
    """A release that chooses other points would change every figure."""
    assert _choice('02691156/a', 10, 6).tolist() == CHOICE[:6]
    assert _choice('02691156/a', 10, 13).tolist() == CHOICE


def test_the_fixed_choice_favours_no_place():
    counts = np.bincount(np.concatenate([_choice(f'object{number}', 40, 10) for number in range(2000)]), minlength=40)
    # 2000 draws of 10 in 40: 500 each, with a standard deviation of 19.
    assert abs(counts - 500).max() < 5 * 19.4


def test_a_random_choice_follows_the_seed_and_changes_from_batch_to_batch(original):
    dataset = ShapeNetPart('test', num_points=128, sampling='random', data_root=original)

    def draw():
        return dataset.__getitems__([0, 0, 1])['points']

    torch.manual_seed(3)
    first, second = draw(), draw()
    torch.manual_seed(3)
    assert torch.equal(first, draw())
    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])
    assert np.array_equal(dataset.points(4), ShapeNetPart('test', num_points=128, data_root=original).points(4))


def test_a_subset_keeps_points_and_parts_together(original):
    dataset = ShapeNetPart('test', num_points=64, sampling='random', data_root=original)
    batch = dataset.subset([6, 1, 4]).__getitems__([2, 0])
    for row, index in enumerate([4, 6]):
        table = stored(original, dataset.names[index])
        rows_in(table[:, [0, 1, 2, 6]], torch.column_stack([batch['points'][row], batch['part'][row]]).numpy())
    assert dataset.gather_parts(np.array([3, 5])).shape == (2, 64)


@pytest.mark.parametrize('workers', [0, 2])
def test_a_seed_repeats_an_epoch(original, workers):
    dataset = ShapeNetPart('trainval', num_points=32, sampling='random', data_root=original)

    def epoch():
        torch.manual_seed(7)
        return list(DataLoader(dataset, 10, shuffle=True, num_workers=workers, collate_fn=dataset.collate))

    for left, right in zip(epoch(), epoch(), strict=True):
        assert torch.equal(left['points'], right['points'])
        assert torch.equal(left['part'], right['part'])


def test_the_fingerprint_follows_names_choice_and_content(root):
    def fingerprint(split='test', **options):
        return ShapeNetPart(split, data_root=root, **options).fingerprint

    first = fingerprint()
    assert fingerprint() == first
    others = {fingerprint('val'), fingerprint(num_points=100), fingerprint(sampling='random')}
    path = root / FOLDER / f'{listed(root, "test")[3]}.txt'
    rows = np.loadtxt(path)
    rows[7, 2] += 0.01
    np.savetxt(path, rows, fmt='%.6f')
    assert len({first, *others, fingerprint()}) == 5


def test_the_data_root_is_the_users(original, monkeypatch):
    monkeypatch.setenv('ZOO_DATA', str(original))
    assert len(DATASETS.build({'type': 'ShapeNetPart', 'split': 'test'})) == 8


def test_it_trains_one_step(original, tmp_path):
    dataset = {'type': 'ShapeNetPart', 'split': 'trainval', 'num_points': 256, 'sampling': 'random'}
    assert 0 < train_one_step(tmp_path, {**dataset, 'data_root': str(original)}, 16) < math.inf


# --- what is wrong -------------------------------------------------------------------------------------------------


def test_an_absent_set_says_what_where_and_how(tmp_path):
    message = refused(lambda: ShapeNetPart('trainval', data_root=tmp_path))
    assert message.startswith(
        f'ShapeNetPart: {tmp_path / FOLDER} lacks synsetoffset2category.txt, '
        'train_test_split/shuffled_train_file_list.json, train_test_split/shuffled_val_file_list.json: '
    )
    for hint in (f'{FOLDER}.zip', 'ReCon/blob/main/DATASET.md', 'terms of ShapeNet', '$ZOO_DATA'):
        assert hint in message


@pytest.mark.parametrize('missing', ['synsetoffset2category.txt', 'train_test_split/shuffled_test_file_list.json'])
def test_every_missing_piece_is_named_alone(root, missing):
    (root / FOLDER / missing).unlink()
    assert f'lacks {missing}: ' in refused(lambda: ShapeNetPart('test', data_root=root))


def test_missing_objects_are_counted_before_the_first_epoch(root):
    names = listed(root, 'train')
    (root / FOLDER / f'{names[3]}.txt').unlink()
    shutil.rmtree(root / FOLDER / names[6].split('/')[0])
    message = refused(lambda: ShapeNetPart('train', data_root=root))
    assert message.startswith(f'ShapeNetPart: {root / FOLDER} lacks 2 of 20 files, the first is {names[3]}.txt: ')


@pytest.mark.parametrize(
    ('change', 'expected'),
    [
        (lambda text: 'Orchid\t01234567\n', "has the line 'Orchid 01234567'"),
        (lambda text: text.replace('04379243', '04379244'), "has the line 'Table 04379244'"),
        (lambda text: text.replace('Mug\t03797390\n', ''), 'lacks Mug'),
        (lambda text: '', 'lacks Airplane'),
        (lambda text: text + 'Cap\n', "has the line 'Cap'"),
    ],
)
def test_another_table_of_classes_is_refused(root, change, expected):
    path = root / FOLDER / 'synsetoffset2category.txt'
    path.write_text(change(path.read_text()))
    message = refused(lambda: ShapeNetPart('test', data_root=root))
    assert message == f'{path} {expected}, it must list the 16 classes of ShapeNetPart: fetch it again'
    path.write_bytes(b'\xff\xfe\x00')
    assert f'{path} cannot be read' in refused(lambda: ShapeNetPart('test', data_root=root))


@pytest.mark.parametrize(
    ('content', 'expected'),
    [
        ('[', 'cannot be read as JSON'),
        ('{}', 'must be a list of objects'),
        ('[]', 'must be a list of objects'),
        ('[3]', 'has the entry 3, expected shape_data/<synset>/<name>'),
        ('["shape_data/02691156"]', "has the entry 'shape_data/02691156'"),
        ('["shape_data/99999999/a"]', "has the entry 'shape_data/99999999/a'"),
        ('["shape_data/02691156/"]', "has the entry 'shape_data/02691156/'"),
        ('["../02691156/a"]', "has the entry '../02691156/a'"),
    ],
)
def test_a_broken_list_is_named(root, content, expected):
    path = root / FOLDER / 'train_test_split' / 'shuffled_val_file_list.json'
    path.write_text(content)
    message = refused(lambda: ShapeNetPart('trainval', data_root=root))
    assert message.startswith(f'{path} {expected}')


def broken(rows, kind):
    """Return the text of a broken file of a chair, and what the message must say."""
    rows = rows.copy()
    if kind == 'nan':
        rows[4, 1] = np.nan
        expected = ' line 5 has NaN or infinity'
    elif kind == 'infinite normal':
        rows[6, 5] = np.inf
        expected = ' line 7 has NaN or infinity'
    elif kind == 'other class':
        rows[9, 6] = 11
        expected = ' line 10 has the part 11, but a Chair has 12 to 15'
    elif kind == 'half a part':
        rows[9, 6] = 12.5
        expected = ' line 10 has the part 12.5, but a Chair has 12 to 15'
    elif kind == 'no normals':
        rows, expected = rows[:, [0, 1, 2, 6]], ' must have lines x y z nx ny nz part, not 4 columns'
    elif kind == 'empty':
        return '', ' must have lines x y z nx ny nz part'
    text = '\n'.join(' '.join(f'{value:.6f}' for value in row) for row in rows)
    if kind == 'truncated':
        return text[: len(text) // 2].rpartition(' ')[0], ' cannot be read as lines of 7 numbers ('
    if kind == 'words':
        return text.replace('0.', 'o.', 1), ' cannot be read as lines of 7 numbers ('
    return text, expected


@pytest.mark.parametrize(
    'kind',
    ['nan', 'infinite normal', 'other class', 'half a part', 'no normals', 'empty', 'truncated', 'words'],
)
def test_a_broken_object_is_named(root, kind):
    dataset = ShapeNetPart('train', num_points=64, data_root=root)
    index = list(dataset.labels).index(list(SYNSETS).index('Chair'))
    path = root / FOLDER / f'{dataset.names[index]}.txt'
    text, expected = broken(rows_of(np.random.default_rng(0), 4, 30), kind)
    path.write_text(text)
    for action in (lambda: dataset[index], lambda: ShapeNetPart('train', data_root=root)):
        message = refused(action)
        assert message.startswith(f'{path}{expected}')
        assert message.endswith('fetch it again')


def test_an_object_that_vanishes_later_is_named(root):
    dataset = ShapeNetPart('test', data_root=root)
    path = root / FOLDER / f'{dataset.names[2]}.txt'
    path.unlink()
    assert refused(lambda: dataset[2]).startswith(f'{path} cannot be read')


@pytest.mark.parametrize('options', [{'split': 'all'}, {'sampling': 'fps'}, {'num_points': 0}])
def test_wrong_arguments_are_usage_errors(original, options):
    assert 'one of train, val, trainval, test, sampling' in refused(
        lambda: ShapeNetPart(**{'split': 'test', **options}, data_root=original)
    )


@pytest.mark.slow
def test_the_tool_names_the_damaged_file_in_one_line(root, tmp_path):
    path = root / FOLDER / f'{listed(root, "train")[4]}.txt'
    path.write_bytes(path.read_bytes()[:1000])
    config = write_config(tmp_path / 'config.py', MODULE, {'type': 'ShapeNetPart'}, 16)
    run = run_tool('train.py', config, '--device', 'cpu', cwd=tmp_path, ZOO_DATA=str(root))
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert f'error: {path} cannot be read as lines of 7 numbers' in run.stderr
