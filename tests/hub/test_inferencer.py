from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import zoo
from zoo.errors import UsageError
from zoo.transforms import FPSSubsample, UnitSphere

RNG = np.random.default_rng(1)
CLOUD = RNG.standard_normal((300, 3)).astype(np.float32)


@pytest.fixture(scope='module')
def classifier():
    torch.manual_seed(0)
    model = zoo.get_model('configs/finetune/procedural.py', num_classes=3, backbone=dict(depth=1))
    with torch.no_grad():
        for tensor in model.parameters():  # in the place of a training: random heads are refused
            tensor.mul_(1.2)
    return model


@pytest.fixture(scope='module')
def extractor():
    torch.manual_seed(0)
    return zoo.get_model('recon-nano_procedural', features_only=True, backbone=dict(depth=1))


def test_labels_are_those_of_the_model(classifier):
    clouds = RNG.standard_normal((3, 400, 3)).astype(np.float32)
    found = zoo.Inferencer(classifier, classes='abc', num_points=256)(clouds)
    batch = {'points': torch.from_numpy(clouds)}
    for transform in (FPSSubsample(256), UnitSphere()):
        batch = transform(batch)
    with torch.no_grad():
        chances = classifier(batch['points']).softmax(-1)
    for each, row in zip(found, chances, strict=True):
        assert each.index == int(row.argmax())
        assert each.label == 'abc'[each.index]
        assert each.probability == pytest.approx(float(row.max()), rel=1e-5)
        assert sum(each.probabilities.values()) == pytest.approx(1)
        assert list(each.probabilities.values()) == sorted(each.probabilities.values(), reverse=True)
        assert {name: each.probabilities[name] for name in 'abc'} == pytest.approx(
            dict(zip('abc', row.tolist(), strict=True))
        )


def test_batches_and_single_clouds_agree(extractor, tmp_path):
    sizes = (300, 80, 257)
    for number, size in enumerate(sizes):
        np.save(tmp_path / f'{number}.npy', RNG.standard_normal((size, 3)))
    (tmp_path / 'readme.md').write_text('no cloud')
    ready = zoo.Inferencer(extractor, num_points=256)
    paths = [tmp_path / f'{number}.npy' for number in range(3)]
    single = [ready(path) for path in paths]
    for found in (ready(paths, batch_size=2), ready(tmp_path), ready([np.load(path) for path in paths], 1)):
        for left, right in zip(found, single, strict=True):
            assert left.label == ''
            assert left.embedding.shape == (2 * 96,)
            np.testing.assert_allclose(left.embedding, right.embedding, rtol=1e-4, atol=1e-5)
    assert [each.source for each in single] == [str(path) for path in paths]
    assert ready(torch.from_numpy(np.load(paths[0]))).source == 'array 0'


def test_scale_and_place_do_not_matter_unless_asked(extractor):
    cloud = RNG.standard_normal((300, 3))
    ready, raw = zoo.Inferencer(extractor), zoo.Inferencer(extractor, normalise=False)
    np.testing.assert_allclose(ready(cloud).embedding, ready(5 * cloud + 2).embedding, rtol=1e-3, atol=1e-4)
    assert not np.allclose(raw(cloud).embedding, raw(5 * cloud + 2).embedding, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ('inputs', 'message'),
    [
        ('gone.npy', r'gone\.npy cannot be read'),
        (np.zeros(3), 'expected an array of shape'),
        (7, 'found a int'),
        ([np.eye(3), 'gone.txt'], r'gone\.txt cannot be read'),
        ([np.full((4, 3), np.nan)], 'array 0 holds a number that is not finite'),
    ],
)
def test_bad_inputs_are_named(extractor, inputs, message):
    with pytest.raises(UsageError, match=message):
        zoo.Inferencer(extractor, num_points=64)(inputs)


def test_bad_settings(classifier, tmp_path):
    with pytest.raises(UsageError, match='2 names of classes are given, the model has 3'):
        zoo.Inferencer(classifier, classes='ab', num_points=64)(CLOUD)
    with pytest.raises(UsageError, match='a config without weights'):
        zoo.Inferencer('configs/recon/nano.py')
    with pytest.raises(UsageError, match='no weights of'):
        zoo.Inferencer('recon-tiny_shapenet55')
    with pytest.raises(UsageError, match='batch_size is 0'):
        zoo.Inferencer(classifier, num_points=64)(CLOUD, 0)
    with pytest.raises(UsageError, match='holds no file of points'):
        zoo.Inferencer(classifier, num_points=64)(tmp_path)


def test_no_label_comes_from_a_random_head(classifier, tmp_path):
    config = 'configs/finetune/procedural.py'
    pretrained = zoo.get_model('recon-nano_procedural')
    save_file(pretrained.state_dict(), tmp_path / 'pretrained.safetensors')
    with pytest.raises(UsageError, match=r'not those of this model: head\.0\.bias is missing.*training alone'):
        zoo.Inferencer(config, weights=tmp_path / 'pretrained.safetensors')
    fresh = zoo.get_model('recon-nano_procedural', pretrained=tmp_path / 'pretrained.safetensors', num_classes=3)
    for model in (fresh, zoo.get_model(config), copy.deepcopy(fresh), copy.deepcopy(fresh).double()):
        with pytest.raises(UsageError, match=r'weight.* started fresh'):
            zoo.Inferencer(model)
    optimizer = torch.optim.SGD(fresh.train().parameters(), lr=1.0)
    fresh.loss(torch.randn(4, 256, 3), label=torch.tensor([0, 1, 2, 0]))['loss'].backward()
    optimizer.step()
    assert zoo.Inferencer(fresh, num_points=256)(RNG.standard_normal((300, 3))).label in set('012')
