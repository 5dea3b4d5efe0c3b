from __future__ import annotations

import re

import pytest
import torch
from safetensors.torch import save_file

import zoo
from tests.backbones.test_contract import JOINT, PLAIN, SMALL
from tests.hub.test_official import SIZES, official_state
from tests.refusals import refused
from zoo.errors import UsageError
from zoo.hub import backbone_config, load_weights
from zoo.registry import MODELS


def pretrainer(backbone=SMALL, seed=0):
    torch.manual_seed(seed)
    goal = dict(type='ReconstructPoints', decoder=dict(depth=1))
    return MODELS.build(dict(type='Pretrainer', backbone=backbone, objectives=dict(reconstruct=goal)))


def classifier(backbone=SMALL, num_classes=5, seed=1):
    torch.manual_seed(seed)
    return MODELS.build(dict(type='PointClassifier', backbone=backbone, num_classes=num_classes)).eval()


def saved(model, path):
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, path)
    return path


def test_backbone_is_loaded_and_head_starts_fresh(tmp_path):
    source, model = pretrainer(), classifier()
    head = model.head[0].weight.clone()
    line = load_weights(model, saved(source, tmp_path / 'w.safetensors'))
    for key, value in source.backbone.state_dict().items():
        assert torch.equal(model.backbone.state_dict()[key], value), key
    assert torch.equal(model.head[0].weight, head)
    assert 'start fresh (head.0' in line


def test_a_head_of_the_same_size_is_loaded_and_another_left(tmp_path):
    path = saved(classifier(seed=3), tmp_path / 'w.safetensors')
    same, other = classifier(), classifier(num_classes=7)
    load_weights(same, path)
    assert torch.equal(same.head[8].weight, classifier(seed=3).head[8].weight)
    assert 'head.8' in load_weights(other, path)


def test_testing_and_inferring_need_every_tensor(tmp_path):
    whole, pretrained = (
        saved(classifier(seed=3), tmp_path / 'a.safetensors'),
        saved(pretrainer(), tmp_path / 'b.safetensors'),
    )
    model = classifier()
    load_weights(model, whole, complete=True)
    assert torch.equal(model.head[8].weight, classifier(seed=3).head[8].weight)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(UsageError, match=r'head\.8\.bias is \(5,\) and not \(7,\), head\.8\.weight is'):
        load_weights(classifier(num_classes=7), whole, complete=True)
    with pytest.raises(UsageError, match=r'head\.0\.weight is missing.* and \d+ more; testing and inferring'):
        load_weights(model, pretrained, complete=True)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    # A class token that starts fresh is as random as a head.
    plain = saved(pretrainer(PLAIN), tmp_path / 'plain.safetensors')
    assert 'query_' in refused(load_weights, classifier({**JOINT, 'queries': ('cls',)}), plain, complete=True)


def test_counters_of_old_files_may_be_missing(tmp_path):
    state = {key: value for key, value in classifier().state_dict().items() if 'num_batches' not in key}
    save_file(state, tmp_path / 'w.safetensors')
    load_weights(classifier(), tmp_path / 'w.safetensors', complete=True)


@pytest.mark.parametrize('value', [float('nan'), float('inf'), float('-inf')])
@pytest.mark.parametrize('kind', [torch.float32, torch.float16, torch.bfloat16])
def test_weights_that_are_not_finite_are_refused(tmp_path, value, kind):
    model = classifier().to(kind)
    with torch.no_grad():
        model.head[4].weight[2, 3] = value
    path, expected = (
        saved(model, tmp_path / 'w.safetensors'),
        r'head\.4\.weight has 1 of \d+ values that are not finite',
    )
    for complete in (True, False):
        assert re.search(expected, refused(load_weights, classifier(), path, complete=complete))
    torch.save({'state_dict': model.state_dict()}, tmp_path / 'w.pth')
    assert re.search(expected, refused(load_weights, classifier(), tmp_path / 'w.pth'))
    assert re.search(expected, refused(zoo.load_official, tmp_path / 'w.pth', 'recon', 'classify', **SIZES))


def test_another_student_is_refused(tmp_path):
    path = saved(pretrainer({**SMALL, 'embed_dim': 12}), tmp_path / 'w.safetensors')
    with pytest.raises(UsageError, match=r'do not fit the backbone: .*choose the student with --backbone'):
        load_weights(classifier(), path)


def test_released_pretraining_files_are_understood(tmp_path):
    names = {key: value for key, value in official_state().items() if not key.startswith('cls_head')}
    path = tmp_path / 'recon_base.pth'
    torch.save({'base_model': {f'module.MAE_encoder.{key}': value for key, value in names.items()}}, path)
    model = classifier({**SMALL, 'depth': 2})
    load_weights(model, path)
    expected = zoo.load_official(names, 'recon', 'svm', **SIZES).backbone.state_dict()
    for key, value in model.backbone.state_dict().items():
        assert torch.equal(value, expected[key]), key


def test_addresses_are_kept_and_files_written_anew_are_used(tmp_path):
    path = tmp_path / 'latest.safetensors'
    for seed in (5, 6):
        source, model = pretrainer(seed=seed), classifier()
        assert 'tensors loaded' in load_weights(model, saved(source, path).as_uri())
        assert torch.equal(model.backbone.patch_embed.fc1.weight, source.backbone.patch_embed.fc1.weight)
    path.unlink()
    again = classifier()
    load_weights(again, path.as_uri())
    assert torch.equal(again.backbone.norm.weight, source.backbone.norm.weight)


@pytest.mark.parametrize('source', ['nothing.safetensors', 'some/where.pth'])
def test_missing_files_are_named(source):
    assert re.search(source, refused(load_weights, classifier(), source))


def test_names_without_published_weights_say_how_to_train_them():
    assert 'python tools/train.py configs/recon/base.py' in refused(load_weights, classifier(), 'recon-base_shapenet55')


def test_students_for_downstream_tasks():
    assert backbone_config('recon-tiny')['stop_gradient'] is False
    fresh = backbone_config('point-mae-tiny')
    assert (fresh['fusion'], fresh['queries']) == ('joint', ('cls',))
    assert backbone_config('point-mae-tiny', 'features')['fusion'] == 'none'
    assert 'no config for backbone' in refused(backbone_config, 'dream-tiny')
