from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from tests.layouts import CATEGORIES, write_shapenet55
from tests.refusals import refused
from zoo.datasets import ShapeNet55


@pytest.fixture(scope='module')
def whole(original):
    return original('ShapeNet55')


@pytest.fixture
def root(copied):
    return copied('ShapeNet55')


def lines(root, name):
    return (root / 'ShapeNet55-34' / 'ShapeNet-55' / f'{name}.txt').read_text().split()


def refusal(root, **options):
    """Return the message with which the dataset is refused when it needs all files."""
    return refused(ShapeNet55, 'train+test', data_root=root, images=True, texts=True, **options)


def test_lists_make_the_splits_and_a_fraction_is_the_head_of_every_list(whole):
    train, test = lines(whole, 'train'), lines(whole, 'test')
    prints = set()
    for split, fraction, expected in (
        ('train', 1, train),
        ('test', 1, test),
        ('train+test', 1, test + train),
        ('train+test', 0.5, test[: len(test) // 2] + train[: len(train) // 2]),
    ):
        dataset = ShapeNet55(split, fraction=fraction, data_root=whole)
        assert [f'{name}.npy' for name in dataset.names] == expected
        prints.add(dataset.fingerprint)
    assert len(prints) == 4
    message = refused(ShapeNet55, 'test', fraction=0.1, data_root=whole)
    assert 'test.txt names 3 objects, and fraction=0.1 leaves none' in message


def test_a_batch_is_what_the_files_hold(whole):
    dataset = ShapeNet55('train', images=True, texts=True, data_root=whole)
    names = lines(whole, 'train')
    batch = dataset.__getitems__([5, 2])
    for row, index in enumerate([5, 2]):
        stored = np.load(whole / 'ShapeNet55-34' / 'shapenet_pc' / names[index])
        assert np.array_equal(batch['points'][row].numpy(), stored)
        category = CATEGORIES[names[index].split('-')[0]]
        assert batch['text'][row] == category
        assert dataset.classes[batch['label'][row]] == category
        image = batch['image'][row]  # red on the left, blue on the right
        assert image.shape == (3, 16, 16)
        assert (image[0, :, :8].min(), image[2, :, :8].max(), image[2, :, 8:].min()) == (1, 0, 1)
    assert dataset.num_views == 1


def test_several_views_lie_where_the_released_code_of_recon_plus_reads_them(tmp_path):
    folder = write_shapenet55(tmp_path, 4, num_points=64, image_size=8, views=2)
    dataset = ShapeNet55('train+test', images=True, views=2, data_root=tmp_path)
    assert dataset.num_views == 2
    for index, view in ((0, 0), (0, 1), (3, 0), (3, 1)):
        assert (dataset.image(index, view)[..., 1] == index + 100 * view).all()
    category, model = dataset.names[3].split('-')
    (folder / 'shapenet_img' / category / f'{model}-1.png').unlink()
    message = refusal(tmp_path, views=2)
    assert f'shapenet_img lacks 1 of 8 files, the first is {category}/{model}-1.png: ' in message
    assert message.endswith('or say views=1')
    assert ShapeNet55('train+test', views=2, data_root=tmp_path).num_views == 0


def test_labels_follow_the_rows_of_the_json_in_any_of_its_spellings(root):
    path = root / 'ShapeNet55-34' / 'shapenet55.json'
    rows = [{'catalogue': synset, 'describe': f'a {text}'} for synset, text in reversed(CATEGORIES.items())]
    by_row = {str(row): entry for row, entry in enumerate(rows)}
    by_column = {key: {row: entry[key] for row, entry in by_row.items()} for key in ('catalogue', 'describe')}
    for content in (rows, by_column):
        path.write_text(json.dumps(content))
        dataset = ShapeNet55('train', texts=True, data_root=root)
        assert dataset.classes == ('a table', 'a chair', 'a trash bin', 'a airplane')
        assert dataset[0]['text'] == dataset.classes[dataset.labels[0]]


def test_clouds_alone_need_neither_pictures_nor_texts(root):
    shutil.rmtree(root / 'ShapeNet55-34' / 'shapenet_img')
    (root / 'ShapeNet55-34' / 'shapenet55.json').unlink()
    dataset = ShapeNet55('train', data_root=root)
    assert len(dataset.classes) == 55
    synset = dataset.names[0].split('-')[0]
    assert dataset.classes[dataset.labels[0]] == CATEGORIES[synset]


def test_every_missing_piece_is_named_alone(root):
    for missing in ('ShapeNet-55/train.txt', 'ShapeNet-55/test.txt', 'shapenet_pc', 'shapenet_img', 'shapenet55.json'):
        path = root / 'ShapeNet55-34' / missing
        path.rename(root / 'away')
        assert f'lacks {missing}: ' in refusal(root)
        (root / 'away').rename(path)


@pytest.mark.parametrize(('folder', 'suffix'), [('shapenet_pc', '.npy'), ('shapenet_img', '.png')])
def test_missing_files_are_counted_before_the_first_epoch(root, folder, suffix):
    names = [name.removesuffix('.npy') for name in lines(root, 'train')]
    for name in names[3:5]:
        (root / 'ShapeNet55-34' / folder / f'{name}{suffix}').unlink()
    assert f'{folder} lacks 2 of 12 files, the first is {names[3]}{suffix}: ' in refusal(root)


BROKEN = [
    np.zeros(30, np.float32),
    np.zeros((30, 3), np.int64),
    np.full((30, 3), np.nan, np.float32),
    np.zeros((0, 3), np.float32),
    np.array([{'a': 1}], dtype=object),
]


def test_a_broken_cloud_or_picture_is_named(root):
    dataset = ShapeNet55('train', images=True, data_root=root)
    path = root / 'ShapeNet55-34' / 'shapenet_pc' / f'{dataset.names[5]}.npy'
    for content in BROKEN:
        np.save(path, content, allow_pickle=True)
        message = refused(dataset.__getitems__, [4, 5])
        assert message.startswith(f'{path} ')
        assert message.endswith('fetch it again')
    path = root / 'ShapeNet55-34' / 'shapenet_img' / f'{dataset.names[1]}.png'
    path.write_bytes(b'not a picture')
    assert f'{path} cannot be read as an image' in refused(dataset.__getitem__, 1)


def test_broken_lists_and_texts_are_named(root):
    folder = root / 'ShapeNet55-34'
    train, texts = folder / 'ShapeNet-55' / 'train.txt', folder / 'shapenet55.json'
    good = train.read_text()
    for content, expected in {
        '': 'train.txt names 0 objects',
        'chair.npy\n': "train.txt has the line 'chair.npy', expected <category>-<model>.npy",
        '../../x-y.npy\n': "train.txt has the line '../../x-y.npy'",
        '99999999-a.npy\n': 'lists 99999999-a, of a category that is not known',
    }.items():
        train.write_text(content)
        assert expected in refusal(root)
    train.write_text(good)
    for content in ('[{"catalogue": 1}]', '{"a": 1}', '3', '[1]'):
        texts.write_text(content)
        assert f'{texts} must be a table with the columns catalogue and describe' in refusal(root)
    texts.write_text('{')
    assert f'{texts} cannot be read as JSON' in refusal(root)
