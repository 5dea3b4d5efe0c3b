from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
import torch

from tests.layouts import write_pack

PNG = b'\x89PNG'


@pytest.fixture
def data(tmp_path):
    path = write_pack(tmp_path / 'pack.npz', 24, num_points=96)
    return ('--data', str(path), '--objects', '0', '1', '--points', '96')


def test_attention_is_drawn(tool, tmp_path, data):
    out = tmp_path / 'new.png'
    code, printed, _ = tool('attention', 'configs/recon/nano.py', *data, '--query', 'text', '--out', out)
    assert code == 0
    assert out.read_bytes().startswith(PNG)
    assert str(out) in printed
    assert 'random weights' in printed


def test_a_reconstruction_is_drawn_and_repeats_itself(tool, tmp_path, data):
    for name in ('a.png', 'b.png'):
        torch.manual_seed(7)  # of the random weights
        out = tmp_path / name
        _, printed, _ = tool('reconstruction', 'configs/point_mae/nano.py', *data, '--seed', 3, '--out', out)
    assert out.read_bytes().startswith(PNG)
    assert out.read_bytes() == (tmp_path / 'a.png').read_bytes()
    figures = printed.splitlines()[0].split(': ')[-1].split(', ')
    assert [float(figure) > 0 for figure in figures] == [True, True]


def test_clouds_have_as_many_points_as_the_model_was_trained_with(tool, tmp_path):
    pack = write_pack(tmp_path / 'pack.npz', 24, num_points=600)
    asked = ('distance', 'configs/recon/nano.py', '--data', pack, '--objects', 0)
    assert 'random weights, 512 points' in tool(*asked)[1]
    assert 'random weights, 96 points' in tool(*asked, '--points', 96)[1]


def test_losses_are_drawn(tool, tmp_path):
    log = tmp_path / 'run' / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text('\n'.join(json.dumps({'loss': 1 / step, 'step': step}) for step in range(1, 60)))
    code, printed, _ = tool('loss', tmp_path / 'run', '--out', tmp_path / 'loss.svg')
    root = ElementTree.parse(tmp_path / 'loss.svg').getroot()
    ways = [line.get('d') for line in root.iter('{http://www.w3.org/2000/svg}path') if line.get('d')]
    assert max(way.count('L') for way in ways) > 30, 'the curve, of which straight pieces may be joined'
    assert (code, printed.strip().endswith(': loss')) == (0, True)


def test_distances_are_a_table(tool, data):
    lines = [line for line in tool('distance', 'configs/recon/nano.py', *data)[1].splitlines() if line.startswith('|')]
    assert [line.split('|')[1].strip() for line in lines[2:]] == [
        'patches, distance',
        *(f'query {name}, spread' for name in ('cls', 'image', 'text')),
        'even attention',
    ]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [(('loss', 'nowhere', '--out', 'x.svg'), 'nowhere'), (('attention', 'any', '--out', 'x.jpg'), 'is a .png file')],
)
def test_wrong_usage(tool, arguments, message):
    code, _, errors = tool(*arguments)
    assert code == 2
    assert message in errors
