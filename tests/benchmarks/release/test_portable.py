from __future__ import annotations

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import zoo
from benchmarks.release.clouds import CLOUDS, fixed_clouds, largest_distance, write_features
from benchmarks.release.portable import training_only, write_release
from benchmarks.release.terms import TERMS, terms_of
from benchmarks.suites.portable import localized, portable
from zoo.errors import UsageError
from zoo.foreign import left_out
from zoo.hub.names import data_file, parse_name
from zoo.models import Pretrainer


def test_packs_are_found_again(tmp_path):
    place = tmp_path / 'shapedb69' / 'points2048.npz'
    place.parent.mkdir()
    place.touch()
    settings = {'train': {'points': str(place), 'split': 'train'}, 'seeds': [0, None], 'name': 'shapedb69/x'}
    left_open = portable(settings)
    assert left_open['train'] == {'points': '$ZOO_PACKS/shapedb69/points2048.npz', 'split': 'train'}
    assert str(tmp_path) not in json.dumps(left_open)
    assert localized(left_open, tmp_path) == settings
    with pytest.raises(UsageError, match=r'pack shapedb69/points2048\.npz is not there'):
        localized(left_open, tmp_path / 'shapedb69')


def test_other_paths_are_refused(tmp_path):
    with pytest.raises(UsageError, match='which is no pack'):
        portable({'root': str(tmp_path)})


def test_a_header_loses_the_place_of_the_tokenizer(tmp_path):
    model = {
        'type': 'Pretrainer',
        'objectives': {'token': {'teacher': {'type': 'T', 'weights': str(tmp_path)}}, 'off': None},
    }
    save_file({'x': torch.arange(3.0)}, tmp_path / 'a.safetensors', metadata={'model': json.dumps(model), 'seed': '3'})
    write_release(tmp_path / 'a.safetensors', tmp_path / 'b.safetensors')
    with safe_open(tmp_path / 'b.safetensors', 'pt') as file:
        header = file.metadata()
    assert json.loads(header['model'])['objectives']['token'] == {'teacher': {'type': 'T'}}
    assert header['seed'] == '3'
    assert torch.equal(load_file(tmp_path / 'b.safetensors')['x'], torch.arange(3.0))
    write_release(tmp_path / 'b.safetensors', tmp_path / 'c.safetensors')
    assert (tmp_path / 'c.safetensors').read_bytes() == (tmp_path / 'b.safetensors').read_bytes()


def test_what_only_pretraining_runs_is_left_out(tmp_path):
    kept = {
        'recon': ['image'],
        'point-mae': [],
        'pcp-mae': [],
        'smc': ['smc'],
        'point2vec': ['layers'],
        'act': ['features'],
    }
    models = {method: zoo.get_model(f'{method}-nano_procedural') for method in kept}
    assert {method: training_only(model) for method, model in models.items()} == kept
    clip = {'type': 'AlignModality', 'target_dim': 512}
    student = {'type': 'PointTransformer', 'embed_dim': 12, 'num_heads': 2, 'depth': 1, 'fusion': 'joint'}
    aligned = Pretrainer({**student, 'queries': ('image', 'text')}, {'image': clip, 'text': clip})
    assert training_only(aligned) == [], 'zero-shot reads both where they share a space'

    trained = tmp_path / 'a.safetensors'
    save_file(models['recon'].state_dict(), trained, metadata={'seed': '3'})
    released = tmp_path / 'b.safetensors'
    write_release(trained, released, ['image'])
    assert left_out(released) == ('objectives.image.',)
    exact, found = load_file(trained), load_file(released)
    assert exact.keys() - found.keys() == {'objectives.image.projection.weight', 'objectives.image.projection.bias'}


def test_weights_are_rounded_and_counters_kept(tmp_path):
    numbers = {
        'weight': torch.tensor([[1 / 3, -2.0]]),
        'running_var': torch.tensor([1e-7, 1.1e-7]),  # float16 would make two of them one
        'count': torch.tensor(2**40),
    }
    save_file(numbers, tmp_path / 'a.safetensors')
    write_release(tmp_path / 'a.safetensors', tmp_path / 'b.safetensors')
    found = load_file(tmp_path / 'b.safetensors')
    assert found['count'] == 2**40
    assert torch.equal(found['running_var'], numbers['running_var'])
    assert found['weight'].dtype == torch.float16
    assert torch.allclose(found['weight'].double(), torch.tensor([[1 / 3, -2.0]], dtype=torch.float64), rtol=2**-11)
    save_file({'weight': torch.tensor([[1e5]])}, tmp_path / 'a.safetensors')
    with pytest.raises(UsageError, match='weights weight have numbers that float16 cannot hold'):
        write_release(tmp_path / 'a.safetensors', tmp_path / 'b.safetensors')


class Moments(torch.nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(scale))

    def forward(self, points):
        return torch.cat([points.amax(1), self.scale * points.var(1)], dim=1)


def test_features_are_the_same_or_not(tmp_path):
    points = fixed_clouds()
    assert points.shape == (8, 512, 3)
    assert torch.equal(points, load_file(data_file(f'weights/features/{CLOUDS}'))['points'])
    assert points.norm(dim=-1).amax(dim=1) == pytest.approx([1.0] * 8, rel=1e-5)
    write_features(tmp_path / 'f.safetensors', Moments(1.0))
    assert largest_distance(tmp_path / 'f.safetensors', Moments(1.0)) < 1e-12
    assert largest_distance(tmp_path / 'f.safetensors', Moments(0.5)) > 1e-6


def test_terms_of_data():
    for terms in TERMS:
        assert terms_of(terms.title) is terms
        assert parse_name(f'recon-nano_{terms.slug}').data == terms.slug
    assert terms_of('ProceduralShapes (built-in), 33 of 43 classes').slug == 'procedural'
    with pytest.raises(UsageError, match='have no terms yet'):
        terms_of('secret')
