from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tests.layouts import CATEGORIES, write_shapenet55
from zoo.datasets import ShapeNet55
from zoo.errors import UsageError
from zoo.registry import DATASETS

PIPELINE = [
    {'type': 'Resize', 'scale': (48, 48), 'keep_ratio': False},
    {'type': 'RandomFlip', 'prob': 0.5},
    {'type': 'RandomResizedCrop', 'size': 32},
    {'type': 'RandAugment'},
]


@pytest.fixture(scope='module')
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp('official')
    write_shapenet55(root, 12, num_points=256, image_size=16)
    return root


@pytest.fixture
def root(original, tmp_path):
    """A copy that a test may break."""
    shutil.copytree(original, tmp_path / 'data')
    return tmp_path / 'data'


def lines(root, name):
    return (root / 'ShapeNet55-34' / 'ShapeNet-55' / f'{name}.txt').read_text().split()


def refused(root, **options):
    """Return the message with which the dataset is refused: one line."""
    with pytest.raises(UsageError) as error:
        ShapeNet55('train+test', data_root=root, images=True, texts=True, **options)
    message = str(error.value)
    assert '\n' not in message
    return message


def test_lists_make_the_splits(original):
    train, test = lines(original, 'train'), lines(original, 'test')
    for split, expected in {'train': train, 'test': test, 'train+test': test + train}.items():
        dataset = ShapeNet55(split, data_root=original)
        assert [f'{name}.npy' for name in dataset.names] == expected


def test_a_fraction_is_the_head_of_every_list(original):
    train, test = lines(original, 'train'), lines(original, 'test')
    dataset = ShapeNet55('train+test', fraction=0.5, data_root=original)
    assert [f'{name}.npy' for name in dataset.names] == test[: len(test) // 2] + train[: len(train) // 2]


def test_a_batch_is_what_the_files_hold(original):
    dataset = ShapeNet55('train', images=True, texts=True, data_root=original)
    names = lines(original, 'train')
    batch = dataset.__getitems__([5, 2])
    for row, index in enumerate([5, 2]):
        stored = np.load(original / 'ShapeNet55-34' / 'shapenet_pc' / names[index])
        assert np.array_equal(batch['points'][row].numpy(), stored)
        category = CATEGORIES[names[index].split('-')[0]]
        assert batch['text'][row] == category
        assert dataset.classes[batch['label'][row]] == category
    assert dataset.num_views == 1


def test_several_views_lie_where_the_released_code_of_recon_plus_reads_them(tmp_path):
    folder = write_shapenet55(tmp_path, 4, num_points=64, image_size=8, views=2)
    dataset = ShapeNet55('train+test', images=True, views=2, data_root=tmp_path)
    assert dataset.num_views == 2
    for index, view in ((0, 0), (0, 1), (3, 0), (3, 1)):
        assert (dataset.image(index, view)[..., 1] == index + 100 * view).all()
    category, model = dataset.names[3].split('-')
    (folder / 'shapenet_img' / category / f'{model}-1.png').unlink()
    message = refused(tmp_path, views=2)
    assert f'shapenet_img lacks 1 of 8 files, the first is {category}/{model}-1.png: ' in message
    assert message.endswith('or say views=1')
    assert ShapeNet55('train+test', views=2, data_root=tmp_path).num_views == 0


def test_images_are_rgb(original):
    image = ShapeNet55('train', images=True, data_root=original)[4]['image']
    assert image.shape == (3, 16, 16)
    assert image[0, :, :8].min() == 1
    assert image[2, :, :8].max() == 0
    assert image[2, :, 8:].min() == 1


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


def test_the_data_root_is_the_users(original, monkeypatch):
    monkeypatch.setenv('ZOO_DATA', str(original))
    assert len(DATASETS.build({'type': 'ShapeNet55', 'split': 'test'})) == 3


def test_an_absent_set_says_what_where_and_how(tmp_path):
    message = refused(tmp_path)
    folder = tmp_path / 'ShapeNet55-34'
    assert message.startswith(
        f'ShapeNet55: {folder} lacks ShapeNet-55/test.txt, ShapeNet-55/train.txt, shapenet_pc, shapenet_img, '
        'shapenet55.json: '
    )
    for hint in ('Point-BERT/blob/master/DATASET.md', 'ReCon/blob/main/DATASET.md', '$ZOO_DATA'):
        assert hint in message


@pytest.mark.parametrize(
    'missing', ['ShapeNet-55/train.txt', 'ShapeNet-55/test.txt', 'shapenet_pc', 'shapenet_img', 'shapenet55.json']
)
def test_every_missing_piece_is_named_alone(root, missing):
    path = root / 'ShapeNet55-34' / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert f'lacks {missing}: ' in refused(root)


@pytest.mark.parametrize(('folder', 'suffix'), [('shapenet_pc', '.npy'), ('shapenet_img', '.png')])
def test_missing_files_are_counted_before_the_first_epoch(root, folder, suffix):
    names = [name.removesuffix('.npy') for name in lines(root, 'train')]
    for name in names[3:5]:
        (root / 'ShapeNet55-34' / folder / f'{name}{suffix}').unlink()
    message = refused(root)
    assert f'{folder} lacks 2 of 12 files, the first is {names[3]}{suffix}: ' in message


def broken_cloud(kind):
    return {
        'text': b'not a cloud',
        'cut': None,
        'flat': np.zeros(30, np.float32),
        'integers': np.zeros((30, 3), np.int64),
        'nan': np.full((30, 3), np.nan, np.float32),
        'empty': np.zeros((0, 3), np.float32),
        'pickle': np.array([{'a': 1}], dtype=object),
    }[kind]


@pytest.mark.parametrize('kind', ['text', 'cut', 'flat', 'integers', 'nan', 'empty', 'pickle'])
def test_a_broken_cloud_is_named(root, kind):
    dataset = ShapeNet55('train', data_root=root)
    path = root / 'ShapeNet55-34' / 'shapenet_pc' / f'{dataset.names[5]}.npy'
    content = broken_cloud(kind)
    if content is None:
        path.write_bytes(path.read_bytes()[:500])
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(UsageError, match=f'{path} .*fetch it again') as error:
        dataset.__getitems__([4, 5])
    assert '\n' not in str(error.value)


def test_a_broken_picture_is_named(root):
    dataset = ShapeNet55('train', images=True, data_root=root)
    path = root / 'ShapeNet55-34' / 'shapenet_img' / f'{dataset.names[1]}.png'
    path.write_bytes(b'not a picture')
    with pytest.raises(UsageError, match=f'{path} cannot be read as an image'):
        dataset[1]


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
        assert expected in refused(root)
    train.write_text(good)
    for content in ('[{"catalogue": 1}]', '{"a": 1}', '3', '[1]'):
        texts.write_text(content)
        assert f'{texts} must be a table with the columns catalogue and describe' in refused(root)
    texts.write_text('{')
    assert f'{texts} cannot be read as JSON' in refused(root)


@pytest.mark.parametrize('options', [{'split': 'val'}, {'fraction': 0.0}, {'fraction': 1.5}, {'views': 0}])
def test_wrong_arguments_are_usage_errors(original, options):
    with pytest.raises(UsageError, match='train, test, train\\+test, 0 < fraction <= 1'):
        ShapeNet55(data_root=original, **options)


def test_a_fraction_that_leaves_nothing_is_a_usage_error(original):
    with pytest.raises(UsageError, match=r'test\.txt names 3 objects, and fraction=0\.1 leaves none'):
        ShapeNet55('test', fraction=0.1, data_root=original)


def test_the_fingerprint_follows_names_texts_and_clouds(root):
    def fingerprint(split='train', **options):
        return ShapeNet55(split, data_root=root, **options).fingerprint

    first = fingerprint()
    assert fingerprint() == first
    assert fingerprint(fraction=0.9) != first
    path = root / 'ShapeNet55-34' / 'shapenet_pc' / lines(root, 'train')[0]
    np.save(path, np.load(path) + 1)
    assert fingerprint() != first


@pytest.mark.parametrize('workers', [0, 2])
def test_a_seed_repeats_an_epoch_with_augmented_images(original, workers):
    dataset = ShapeNet55('train+test', images=True, texts=True, image_pipeline=PIPELINE, data_root=original)

    def epoch():
        torch.manual_seed(7)
        return list(DataLoader(dataset, 5, shuffle=True, num_workers=workers, collate_fn=dataset.collate))

    first, second = epoch(), epoch()
    assert [len(batch['text']) for batch in first] == [5, 5, 2]
    assert first[0]['image'].shape == (5, 3, 32, 32)
    for left, right in zip(first, second, strict=True):
        assert left['text'] == right['text']
        assert torch.equal(left['image'], right['image'])
    assert not torch.equal(first[0]['image'][0], first[0]['image'][1])


def test_an_attached_feature_leaves_the_pictures_on_the_disk(root):
    dataset = ShapeNet55('train', images=True, data_root=root)
    shutil.rmtree(root / 'ShapeNet55-34' / 'shapenet_img')
    dataset.attach_feature('image', lambda index: torch.zeros(len(index), 4))
    assert dataset.__getitems__([0, 1])['image_feature'].shape == (2, 4)
