from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh
from mmengine import Config
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import zoo
from zoo.config import load_config
from zoo.engine import build_runner, configure
from zoo.errors import UsageError
from zoo.hub.inputs import Inputs, find_inputs, inputs_of_config
from zoo.registry import DATASETS

CONFIG = 'configs/finetune/procedural.py'
CLASSES = ['chair', 'lamp', 'table', 'vase']
UTM = np.array([691_607.0, 5_334_760.0, 519.0])


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A small classifier, trained and tested with 96 points: its file, its config, its accuracy and the test clouds."""
    folder = tmp_path_factory.mktemp('trained')
    options = {'data_preprocessor.train.0': {'type': 'FPSSubsample', 'num_points': 96}, 'model.num_classes': 4}
    options |= {'data_preprocessor.test.0.num_points': 96, 'model.backbone.depth': 1, 'train_cfg.max_epochs': 8}
    options |= {'train_dataloader.batch_size': 12, 'train_cfg.val_interval': 99, 'model.head': 'linear'}
    for split, count in (('train', 96), ('val', 4), ('test', 40)):
        place = f'{split}_dataloader.dataset'
        options |= {f'{place}.classes': CLASSES, f'{place}.num_objects': count, f'{place}.num_points': 256}
    config = configure(load_config(CONFIG, options), work_dir=folder / 'run', device='cpu')
    config.dump(folder / 'small.py')
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    build_runner(config).train()
    weights = folder / 'run' / 'weights.safetensors'
    testing = configure(load_config(folder / 'small.py'), work_dir=folder / 'test', device='cpu')
    testing.weights = str(weights)
    runner = build_runner(testing)
    accuracy = runner.test()['oa']
    torch.set_num_threads(threads)
    dataset = DATASETS.build(testing.test_dataloader.dataset.to_dict())
    assert 40 < accuracy < 100
    return weights, folder / 'small.py', accuracy, dataset.gather_points(np.arange(len(dataset))), dataset.labels


def figure(found, labels):
    """Accuracy in percent, by the names of the classes."""
    return 100 * np.mean([each.label == CLASSES[label] for each, label in zip(found, labels, strict=True)])


def saved(folder, suffix, clouds):
    """A folder with a file a cloud, and what such folders hold besides."""
    folder.mkdir()
    for number, cloud in enumerate(clouds):
        path = folder / f'{number:03d}{suffix}'
        if suffix == '.npy':
            np.save(path, cloud)
        elif suffix == '.ply':
            trimesh.PointCloud(cloud).export(path)
        else:
            np.savetxt(path, cloud, fmt='%.9f', delimiter=',' if suffix == '.csv' else ' ')
    (folder / '._000.npy').write_bytes(b'\0\5')
    (folder / 'notes.txt').write_text('of Monday\n')
    return folder


def test_one_file_has_one_figure(trained, tmp_path):
    weights, config, accuracy, clouds, labels = trained
    ready = zoo.Inferencer(weights)
    assert (ready.num_points, list(ready.classes)) == (96, CLASSES)
    exact = clouds.astype(np.float64)
    lying = clouds[..., [0, 2, 1]] * np.float32([1, -1, 1])
    shown = {
        'array': ready(clouds),
        'tensor': ready(torch.from_numpy(clouds)),
        'float64': ready(exact),
        'arrays of a list': ready(list(clouds)),
        'map coordinates': ready(exact + UTM),
        'with normals': ready(np.concatenate([clouds, clouds], axis=2)),
        'z up': zoo.Inferencer(weights, up='z')(lying),
        'config and weights': zoo.Inferencer(config, weights=weights)(clouds),
        **{suffix: ready(saved(tmp_path / suffix, suffix, clouds)) for suffix in ('.npy', '.txt', '.csv', '.ply')},
        'map coordinates in files': ready(saved(tmp_path / 'far', '.txt', exact + UTM)),
        'z up in files': zoo.Inferencer(weights, up='z')(saved(tmp_path / 'lying', '.npy', lying)),
    }
    assert {name: figure(found, labels) for name, found in shown.items()} == dict.fromkeys(shown, accuracy)
    # Rounding moves points by a two-thousandth of the extent: single objects on the edge of a class may change it.
    half = ready(clouds.astype(np.float16))
    assert np.mean([a.label == b.label for a, b in zip(half, shown['array'], strict=True)]) >= 0.9


def test_what_was_wrong_is_another_figure(trained):
    weights, _, accuracy, clouds, labels = trained
    lying = clouds[..., [0, 2, 1]] * np.float32([1, -1, 1])
    assert figure(zoo.Inferencer(weights)(lying), labels) < accuracy
    given = zoo.Inferencer(weights, num_points=16, classes=CLASSES[::-1])
    assert (given.num_points, list(given.classes)) == (16, CLASSES[::-1])


def copied(trained, path, **header):
    """The weights with other entries in the header; None leaves one out."""
    with safe_open(trained[0], 'pt') as file:
        kept = {**file.metadata(), **header}
    save_file(load_file(trained[0]), path, {key: value for key, value in kept.items() if value is not None})
    return path


def test_files_that_do_not_say_need_a_number(trained, tmp_path):
    old = copied(trained, tmp_path / 'old.safetensors', num_points=None, classes=None)
    with pytest.raises(UsageError, match=r'old\.safetensors does not say how many points .* give num_points=N'):
        zoo.Inferencer(old)
    assert zoo.Inferencer(old, num_points=96).classes == ()
    told = zoo.Inferencer(trained[1], weights=old)  # by the config, and by its test set
    assert (told.num_points, list(told.classes)) == (96, CLASSES)


@pytest.mark.parametrize(
    'header',
    [
        {'num_points': '-1'},
        {'num_points': '1e3'},
        {'num_points': '9' * 50},
        {'classes': '{"a": 1}'},
        {'classes': '[1, 2]'},
        {'classes': '[' * 9999},
    ],
)
def test_headers_are_data(trained, tmp_path, header):
    with pytest.raises(UsageError, match=r'bad\.safetensors.*(num_points|classes)'):
        find_inputs(copied(trained, tmp_path / 'bad.safetensors', **header))


FPS, RANDOM, SPHERE = {'type': 'FPSSubsample'}, {'type': 'RandomSubsample'}, {'type': 'UnitSphere'}


@pytest.mark.parametrize(
    ('steps', 'expected'),
    [
        ({'test': [{**FPS, 'num_points': 64}, SPHERE]}, Inputs(64)),
        ({'test': [{**FPS, 'num_points': 64}]}, Inputs(64, (), False)),
        ({'test': [SPHERE]}, Inputs(2048)),
        ({'train': [{**RANDOM, 'num_points': 32}, SPHERE, {'type': 'RandomJitter'}]}, Inputs(32)),
        ({'test': [{**FPS, 'num_points': 64, 'skip_near_origin': True}, SPHERE]}, Inputs()),
        ({'test': [{**FPS, 'num_points': 64}, SPHERE, {'type': 'RandomRotateSO3'}]}, Inputs()),
        ({}, Inputs(2048, (), False)),
    ],
)
def test_configs_say_what_their_test_does(steps, expected):
    loader = {'dataset': {'type': 'ShapeNetPart', 'num_points': 2048}}
    config = Config({'data_preprocessor': {'type': 'BatchPreprocessor', **steps}, 'test_dataloader': loader})
    assert inputs_of_config(config) == expected


def test_names_of_the_index_say_it():
    assert find_inputs('recon-nano_procedural').num_points == 512
    found = find_inputs('recon-base_shapenet55-official_scan-objbg')
    assert (found.num_points, found.classes[:2]) == (2048, ('bag', 'bin'))
    assert find_inputs('configs/recon/nano.py').num_points == 512
    assert find_inputs('configs/recon/nano.py', 'recon-base_shapenet55').num_points == 1024
