from __future__ import annotations

import re

import pytest
import torch
import torch.nn.functional as F

from tests.backbones.test_contract import CLOUD_CASES, PATCH_CASES, PLAIN, SMALL
from tests.refusals import refused
from zoo.config import load_config
from zoo.datasets.layouts.shapenetpart_names import PARTS
from zoo.engine.param_groups import split_parameters
from zoo.models.part_segmenter import LABEL_WIDTH
from zoo.registry import MODELS

COUNTS = [3, 2, 4]


def build(backbone=SMALL, **more):
    torch.manual_seed(0)
    config = dict(type='PartSegmenter', backbone=backbone, parts=COUNTS, widths=(24, 16), head_widths=(16, 8))
    return MODELS.build({**config, **more})


def batch(numbered='by_class', size=3, points=40):
    generator = torch.Generator().manual_seed(1)
    label = torch.arange(size) % 3
    counts = torch.tensor(COUNTS)[label]
    cloud = torch.randn(size, points, 3, generator=generator)
    part = torch.arange(points) * counts.unsqueeze(1) // points
    if numbered == 'through':
        part = part + torch.tensor([0, 3, 5])[label].unsqueeze(1)
    return {'points': cloud, 'label': label, 'part': part}


@pytest.mark.parametrize('name', PATCH_CASES)
def test_every_student_with_patches_segments(name):
    model, given = build(PATCH_CASES[name]), batch()
    loss = model(**given, mode='loss')['loss']
    loss.backward()
    assert loss.ndim == 0
    assert getattr(model.backbone, 'first', model.backbone).patch_embed.fc1.weight.grad.abs().sum() > 0
    own = [parameter.grad for key, parameter in model.named_parameters() if not key.startswith('backbone.')]
    assert all(gradient is not None and bool(gradient.any()) for gradient in own)
    answers = model.eval()(**given, mode='predict')
    assert [set(answer) for answer in answers] == [{'pred', 'part', 'num_parts', 'label'}] * 3
    for answer, label, part in zip(answers, given['label'], given['part'], strict=True):
        assert answer['pred'].shape == (40,)
        assert int(answer['num_parts']) == COUNTS[label]
        assert torch.equal(answer['part'], part)


def test_logits_against_the_parts_put_together_one_point_at_a_time():
    model, given = build().eval(), batch()
    points, label = given['points'], given['label']
    output = model.backbone(points, return_layers=True)
    tokens = torch.cat([model.backbone.norm(output.layers[i]) for i in (0, 1, 2)], dim=-1)
    told = model.label_embed(F.one_hot(label, 3).float())
    assert told.shape == (3, LABEL_WIDTH)
    spread = model.propagation(points, output.centers, tokens)
    head, logits = model.head, model(points, label=label)
    assert logits.shape == (3, 40, sum(COUNTS))
    weight = torch.cat([head.of_point.weight, head.of_cloud.weight], dim=1)
    for cloud, place in ((0, 0), (1, 17), (2, 39)):
        whole = torch.cat([tokens[cloud].max(dim=0).values, tokens[cloud].mean(dim=0), told[cloud]])
        row = weight @ torch.cat([spread[cloud, place], whole]) + head.of_point.bias
        row = head.mlp(F.relu(head.norm(row[None])))
        torch.testing.assert_close(logits[cloud, place], head.last(row)[0], rtol=1e-4, atol=1e-5)
    assert not torch.allclose(logits, model(points, label=label.flip(0)))
    assert model(points).shape == logits.shape


def test_predictions_are_the_best_of_the_parts_of_the_class():
    model, given = build().eval(), batch()
    with torch.no_grad():
        model.head.last.weight.mul_(50)
        model.head.last.bias[6] = 1000.0  # one part of the last class beats all others
    logits = model(given['points'], label=given['label'])
    assert bool((logits.argmax(-1) == 6).all())
    first = [0, 3, 5]
    for cloud, answer in enumerate(model.predict(**given)):
        own = logits[cloud, :, first[cloud] : first[cloud] + COUNTS[cloud]]
        assert torch.equal(answer['pred'], own.argmax(-1))


def test_the_loss_is_over_the_parts_of_all_classes_and_leaves_background_out():
    model, given = build().eval(), batch()
    logits = model(given['points'], label=given['label'])
    target = given['part'] + torch.tensor([0, 3, 5]).unsqueeze(1)
    torch.testing.assert_close(model.loss(**given)['loss'], F.cross_entropy(logits.flatten(0, 1), target.flatten()))
    hidden = given['part'].clone()
    hidden[:, ::2] = -1
    kept = F.cross_entropy(logits[:, 1::2].flatten(0, 1), target[:, 1::2].flatten())
    torch.testing.assert_close(model.loss(**{**given, 'part': hidden})['loss'], kept)


def test_both_ways_to_number_parts_are_the_same_task():
    ours, theirs = build().eval(), build(numbered='through').eval()
    first, second = batch(), batch('through')
    torch.testing.assert_close(ours.loss(**first), theirs.loss(**second))
    for a, b in zip(ours.predict(**first), theirs.predict(**second), strict=True):
        assert torch.equal(a['part'], b['part'])
        assert torch.equal(a['pred'], b['pred'])


def test_bfloat16_changes_the_loss_by_its_rounding_alone():
    model, given = build(dropout=0.0).eval(), batch()
    full = model.loss(**given)['loss']
    with torch.autocast('cpu', torch.bfloat16):
        half = model.loss(**given)['loss']
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, full, rtol=0.02, atol=0.02)


@pytest.mark.parametrize(
    ('depth', 'chosen', 'layers'),
    [(1, None, [0]), (2, None, [0, 1]), (4, None, [1, 2, 3]), (12, None, [3, 7, 11]), (3, [0, -1], [0, 2])],
)
def test_layers_at_the_ends_of_the_thirds_are_read_or_chosen_ones(depth, chosen, layers):
    model = build({**PLAIN, 'depth': depth}, layers=chosen)
    assert [layer % depth for layer in model.layers] == layers
    assert model.propagation.mlp.linears[0].in_features == 3 + 24 * len(layers)


def test_names_for_the_optimizer_cover_every_parameter_once():
    model = build(PATCH_CASES['two_tower'])
    names = [name for name, _ in model.named_parameters()]
    assert sorted(name for group in model.layer_groups() for name in group) == sorted(names)
    groups = split_parameters(model, 1e-3, 0.05, lr_scale={'^head': 10.0}, layer_decay=0.9)
    assert sum(len(group['params']) for group in groups) == len(names)
    assert not any('first_part' in key or 'num_parts' in key for key in model.state_dict())


@pytest.mark.parametrize('name', CLOUD_CASES)
def test_a_backbone_without_patch_tokens_is_refused(name):
    assert 'choose PointTransformer or TwoTower' in refused(build, CLOUD_CASES[name])


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(parts=[]), 'number of parts of every class'),
        (dict(parts=[3, 0]), 'number of parts of every class'),
        (dict(numbered='upside down'), 'by_class, through'),
        (dict(layers=[3]), 'positions in the 3 layers'),
        (dict(layers=[]), 'positions in the 3 layers'),
    ],
)
def test_settings_that_make_no_sense(change, message):
    assert re.search(message, refused(build, **change))


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(part=None), 'dataset with classes and parts'),
        (dict(label=None), 'dataset with classes and parts'),
        (dict(label=torch.tensor([0, 1, 3])), 'lists 3 classes'),
        (dict(part=torch.full((3, 40), 2)), 'none of its class'),
    ],
)
def test_a_batch_of_another_dataset_is_refused(change, message):
    assert re.search(message, refused(build().loss, **{**batch(), **change}))


def test_parts_counted_in_classes_are_no_parts_numbered_through():
    assert "numbered='through'" in refused(build(numbered='through').loss, **batch())


def test_configs_know_the_parts_of_their_datasets():
    from zoo.datasets.procedural import CLASSES
    from zoo.datasets.procedural.shapes import SHAPES

    config = load_config('configs/finetune/part_segmentation.py')
    assert config.model.parts == [len(SHAPES[name].part_names) for name in CLASSES]
    assert config.model.numbered == 'by_class'
    paper = load_config('configs/finetune/shapenetpart.py')
    assert paper.model.parts == [len(numbers) for numbers in PARTS.values()]
    assert sum(paper.model.parts) == 50
    assert paper.model.numbered == 'through'
