from __future__ import annotations

import copy
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import zoo
from tests.refusals import refused
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


@pytest.mark.parametrize('count', [100, 256, 400])
@pytest.mark.parametrize('order', ['given', 'shape'])
def test_the_order_of_points_changes_no_bit(classifier, monkeypatch, count, order):
    """Neither where points lie on a lattice and all distances tie, nor where a cloud has as many as are taken."""
    monkeypatch.setattr(classifier.backbone, 'order', order)
    inferencer = zoo.Inferencer(classifier, classes='abc', num_points=256)
    for cloud in (RNG.standard_normal((count, 3)), RNG.integers(-4, 5, (count, 3)) / 4.0):
        cloud = cloud.astype(np.float32)
        expected = inferencer(cloud).probabilities
        swapped = np.concatenate([cloud[1::-1], cloud[2:]])
        for shuffled in (swapped, cloud[::-1].copy(), RNG.permutation(cloud)):
            assert inferencer(shuffled).probabilities == expected


def test_labels_are_those_of_the_model(classifier):
    clouds = RNG.standard_normal((3, 400, 3)).astype(np.float32)
    found = zoo.Inferencer(classifier, classes='abc', num_points=256)(clouds)
    batch = {'points': torch.from_numpy(clouds)}
    for transform in (FPSSubsample(256, order='shape'), UnitSphere()):
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


def test_a_folder_leaves_out_what_is_no_cloud_with_a_word(extractor, tmp_path, caplog):
    ready = zoo.Inferencer(extractor, num_points=64)
    np.save(tmp_path / 'b.npy', CLOUD)
    np.savetxt(tmp_path / 'a.TXT', CLOUD, fmt='%.9g')
    assert [Path(each.source).name for each in ready(tmp_path)] == ['a.TXT', 'b.npy']
    assert not caplog.messages
    (tmp_path / '._b.npy').write_bytes(b'\0\5\x16\7')
    (tmp_path / '.DS_Store').write_bytes(b'x')
    (tmp_path / 'notes.txt').write_text('b is the chair\n')
    (tmp_path / 'more.npy').mkdir()
    np.save(tmp_path / 'sideways.npy', CLOUD.T)
    found = ready(str(tmp_path), batch_size=1)
    assert [Path(each.source).name for each in found] == ['a.TXT', 'b.npy']
    (line,) = caplog.messages
    assert line.startswith(f'{tmp_path}: 5 of 7 left out: .DS_Store; ._b.npy; more.npy/; notes.txt (holds no points')
    assert 'sideways.npy (of shape (3, 300) seems transposed' in line
    for name in ('b.npy', 'a.TXT'):
        (tmp_path / name).unlink()
    with pytest.raises(UsageError, match=r'holds no file of points that can be read: .* subfolders are not looked'):
        ready(tmp_path)


def test_paths_may_begin_at_home(extractor, tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    np.save(tmp_path / 'a.npy', CLOUD)
    ready = zoo.Inferencer(extractor, num_points=64)
    for found in (ready('~/a.npy'), ready('~')[0], ready(['~/a.npy'])[0]):
        np.testing.assert_array_equal(found.embedding, ready(CLOUD).embedding)


def test_lists_of_numbers_are_clouds(extractor):
    ready = zoo.Inferencer(extractor, num_points=64)
    expected = ready(CLOUD).embedding
    np.testing.assert_array_equal(ready(CLOUD.tolist()).embedding, expected)
    np.testing.assert_allclose(ready([CLOUD.tolist(), CLOUD.tolist()])[1].embedding, expected, atol=1e-5)


def test_models_of_something_else_are_refused():
    segmenter = zoo.get_model('configs/finetune/part_segmentation.py', backbone=dict(depth=3))
    with pytest.raises(UsageError, match=r'a PartSegmenter gives \(64, 204\) .* neither labels nor an embedding'):
        zoo.Inferencer(segmenter, num_points=64)(CLOUD)


def test_the_number_of_points_is_said(extractor, classifier, caplog):
    zoo.Inferencer(extractor)
    (line,) = caplog.messages
    assert line.startswith('a built model does not say how many points of a cloud it was trained with: 1024 are taken')
    with pytest.raises(UsageError, match=r'a built model does not say how many points .* give num_points=N'):
        zoo.Inferencer(classifier)


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
        (torch.from_numpy(CLOUD).T, r'array 0 of shape \(3, 300\) seems transposed'),
        (CLOUD.T.tolist(), r'array 0 of shape \(3, 300\) seems transposed'),
        ([CLOUD, CLOUD.T], r'array 1 of shape \(3, 300\) seems transposed'),
        (CLOUD.T[None], r'an array of shape \(1, 3, 300\) seems transposed, expected \(B, N, 3\)'),
        (torch.zeros(2, 3, 80), r'an array of shape \(2, 3, 80\) seems transposed'),
        (np.zeros((64, 64, 3), np.uint8), 'is a picture'),
        (torch.zeros(300, 3, dtype=torch.bfloat16), 'array 0 is a torch.strided of torch.bfloat16: give'),
        ([[[1, 2, 3]], [[1, 2]]], 'a list of lists must be one cloud'),
        ([np.eye(3), 'gone.txt'], r'gone\.txt cannot be read'),
    ],
)
def test_bad_inputs_are_named(extractor, inputs, message):
    assert re.search(message, refused(zoo.Inferencer(extractor, num_points=64), inputs))


def test_bad_settings(classifier, tmp_path):
    with pytest.raises(UsageError, match='2 names of classes are given, the model has 3'):
        zoo.Inferencer(classifier, classes='ab', num_points=64)(CLOUD)
    assert 'a config without weights' in refused(zoo.Inferencer, 'configs/recon/nano.py')
    with pytest.raises(UsageError, match="up='x' is no axis that clouds are turned from: choose one of y, z"):
        zoo.Inferencer(classifier, num_points=64, up='x')
    assert 'num_points is 0' in refused(zoo.Inferencer, classifier, num_points=0)
    assert 'no weights of' in refused(zoo.Inferencer, 'recon-tiny_shapenet55')
    assert 'batch_size is 0' in refused(zoo.Inferencer(classifier, num_points=64), CLOUD, 0)
    assert 'holds no file of points' in refused(zoo.Inferencer(classifier, num_points=64), tmp_path)


def test_no_label_comes_from_a_random_head(classifier, tmp_path):
    config = 'configs/finetune/procedural.py'
    pretrained = zoo.get_model('recon-nano_procedural')
    save_file(pretrained.state_dict(), tmp_path / 'pretrained.safetensors')
    with pytest.raises(UsageError, match=r'not those of this model: head\.0\.bias is missing.*training alone'):
        zoo.Inferencer(config, weights=tmp_path / 'pretrained.safetensors')
    fresh = zoo.get_model('recon-nano_procedural', pretrained=tmp_path / 'pretrained.safetensors', num_classes=3)
    for model in (fresh, zoo.get_model(config), copy.deepcopy(fresh), copy.deepcopy(fresh).double()):
        assert re.search(r'weight.* started fresh', refused(zoo.Inferencer, model))
    for rounded in (torch.half, torch.bfloat16):
        assert re.search(r'weight.* started fresh', refused(zoo.Inferencer, copy.deepcopy(fresh).to(rounded)))
    for kind, rate in ((torch.optim.SGD, 1.0), (torch.optim.AdamW, 1e-4)):
        trained = copy.deepcopy(fresh).train()
        optimizer = kind(trained.parameters(), lr=rate)
        trained.loss(torch.randn(4, 256, 3), label=torch.tensor([0, 1, 2, 0]))['loss'].backward()
        optimizer.step()
        assert zoo.Inferencer(trained, num_points=256)(RNG.standard_normal((300, 3))).label in set('012')
