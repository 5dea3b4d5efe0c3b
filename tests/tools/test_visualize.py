from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
import torch

from tests.layouts import write_pack
from tests.visualize.test_losses import row, write

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


def test_models_stand_side_by_side_and_names_bring_their_weights(tool, tmp_path):
    out = tmp_path / 'views' / 'attention.json'
    models = ('point-mae-nano_procedural', 'configs/recon/nano.py')
    asked = ('--objects', 0, '--patch', 1, 2, '--layers', 6, '--out', out)
    code, printed, _ = tool('attention', *models, *asked)
    assert code == 0
    assert 'weights point-mae-nano_procedural, 512 points; configs/recon/nano.py, random weights' in printed
    figure = json.loads(out.read_text())
    assert [button['label'] for button in figure['layout']['updatemenus'][0]['buttons']] == [*models]
    assert len({trace['scene'] for trace in figure['data']}) == 3
    code, printed, _ = tool('attention', models[0], '--weights', 'random', *asked)
    assert (code, 'random weights' in printed) == (0, True)


def test_neighbors_and_a_map_are_drawn(tool, tmp_path, data):
    for command, more in (('neighbors', ('--number', 2)), ('map', ())):
        out = tmp_path / f'{command}.png'
        code, _, errors = tool(command, 'configs/recon/nano.py', *data, '--among', 8, *more, '--out', out, '--size', 60)
        assert (code, errors) == (0, '')
        assert out.read_bytes().startswith(PNG)


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
    write(tmp_path / 'run', [row(step, 1 / step) for step in range(1, 60)])
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
    [
        (('loss', 'nowhere', '--out', 'x.svg'), 'nowhere'),
        (('attention', 'any', '--out', 'x.jpg'), 'is a .png or .html or .json file'),
        (('attention', 'any', '--weights', 'a', 'b', '--out', 'x.png'), '2 sources for 1 models'),
        (('map', 'any', '--out', 'x.png', '--size', 3), 'at least 16 pixels'),
        (
            ('neighbors', 'configs/recon/nano.py', '--objects', 9, '--among', 5, '--out', 'x.png'),
            'not among the first 5',
        ),
    ],
)
def test_wrong_usage(tool, arguments, message):
    code, _, errors = tool(*arguments)
    assert code == 2
    assert message in errors
