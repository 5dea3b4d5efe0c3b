"""The contract of methods and backbones: every pair takes a step, or is refused for what the backbone lacks."""

from __future__ import annotations

import pytest
import torch
from mmengine import Config

from benchmarks.protocols.zero_shot import ProjectedQueries
from benchmarks.report import as_markdown
from benchmarks.speed.matrix import TRAINS, matrix, matrix_table, outcome, paired
from benchmarks.speed.steps import made_ready
from zoo.config import load_config
from zoo.hub.names import known_configs
from zoo.registry import BACKBONES, OBJECTIVES

CONFIGS = {name.method: load_config(name.config) for name in known_configs() if str(name) == f'{name.method}-nano'}


@pytest.fixture(scope='module')
def found():
    return matrix()


def lacking(method, kind):
    """What the objectives and the mask of a method need and a class of backbones does not have."""
    model = CONFIGS[method].model
    needs = {need for goal in model.objectives.values() for need in OBJECTIVES.get(goal['type']).requires}
    return (needs | ({'masking'} if model.get('mask') else set())) - BACKBONES.get(kind).capabilities


def test_every_pair_takes_a_step_or_is_refused_by_what_is_lacking(found):
    assert set(found) == set(CONFIGS)
    for method, row in found.items():
        assert set(row) == set(BACKBONES.module_dict)
        assert row[CONFIGS[method].model.backbone.type] == TRAINS
        for kind, result in row.items():
            missing = lacking(method, kind)
            assert (result == TRAINS) == (not missing), (method, kind, result)
            if missing:
                named = result.split(' needs ')[1].split(' of its backbone')[0].split(', ')
                assert set(named) <= missing
                assert f'which this {kind} does not provide: choose PointTransformer or TwoTower' in result


def test_whole_clouds_train_every_backbone_and_patches_some(found):
    assert set(found['cmc'].values()) == set(found['smc'].values()) == {TRAINS}
    assert {kind for kind, result in found['recon'].items() if result == TRAINS} == {'PointTransformer', 'TwoTower'}


def test_the_table_says_why(found, monkeypatch):
    monkeypatch.setattr('benchmarks.speed.matrix.matrix', lambda: found)
    text = as_markdown(matrix_table())
    assert '| recon ' in text
    assert 'no (1)' in text
    assert '(1) mask' in text


def test_a_step_moves_the_student():
    config = paired(CONFIGS['smc'], 'DGCNN', list(CONFIGS.values()))
    config.model.backbone = {'type': 'DGCNN', 'embed_dim': 16, 'widths': (8, 8), 'neighbors': 4}
    with made_ready(config, 4) as (model, batch, optimizer):
        before = {name: value.clone() for name, value in model.backbone.named_parameters()}
        model.train_step(batch, optimizer)
        assert all(not torch.equal(before[name], value) for name, value in model.backbone.named_parameters())


def test_a_method_keeps_its_queries_on_another_backbone():
    others = list(CONFIGS.values())
    towers = paired(CONFIGS['smc'], 'TwoTower', others).model.backbone
    assert towers.global_tower.queries == ('cls',)
    assert towers.local_tower.queries == ()
    assert paired(CONFIGS['point-bert'], 'TwoTower', others).model.backbone.masked_tokens == 'replace'


def test_faults_are_not_taken_for_refusals():
    config = Config(CONFIGS['cmc'].to_dict())
    config.model.backbone.fusion = 'dream'
    with pytest.raises(ValueError, match='unknown fusion'):
        outcome(config)


def test_penalties_of_a_backbone_are_trained_and_its_pooled_features_are_told_classes():
    config = paired(CONFIGS['cmc'], 'PointNet', list(CONFIGS.values()))
    with made_ready(config, 4) as (model, batch, _):
        losses = model.loss(**model.data_preprocessor(batch, True))
        assert set(losses) == {'loss_image', 'loss_text', 'loss_alignment'}
        goal = model.eval().objectives['text']
        found = ProjectedQueries(model, {'text': 0.5})(batch['points'])
        torch.testing.assert_close(found, 0.5 * goal.projection(model.backbone(batch['points']).pool('cls')))
