from __future__ import annotations

import importlib.util
import json
from xml.etree import ElementTree

import pytest
import torch

from tests.engine.conftest import ROOT, run_tool
from tests.layouts import write_pack
from zoo.engine.cli import WRONG_USAGE, run_cli
from zoo.errors import UsageError

PNG = b'\x89PNG'


@pytest.fixture
def data(tmp_path):
    path = write_pack(tmp_path / 'pack.npz', 24, num_points=96)
    return ('--data', str(path), '--objects', '0', '1', '--points', '96')


def main(*arguments):
    """The tool in this process; it takes seconds to start."""
    spec = importlib.util.spec_from_file_location('visualize_tool', ROOT / 'tools' / 'visualize.py')
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    tool.main(arguments)


@pytest.mark.slow
def test_attention_is_drawn_by_the_command_line(tmp_path, data):
    out = tmp_path / 'new.png'
    run = run_tool('visualize.py', 'attention', 'configs/recon/nano.py', *data, '--query', 'text', '--out', str(out))
    assert run.returncode == 0, run.stderr
    assert out.read_bytes().startswith(PNG)
    assert str(out) in run.stdout
    assert 'random weights' in run.stdout


def test_a_reconstruction_is_drawn_and_repeats_itself(tmp_path, data, capsys):
    for name in ('a.png', 'b.png'):
        torch.manual_seed(7)  # of the random weights
        main('reconstruction', 'configs/point_mae/nano.py', *data, '--seed', '3', '--out', str(tmp_path / name))
    assert (tmp_path / 'a.png').read_bytes().startswith(PNG)
    assert (tmp_path / 'a.png').read_bytes() == (tmp_path / 'b.png').read_bytes()
    figures = capsys.readouterr().out.splitlines()[0].split(': ')[-1].split(', ')
    assert [float(figure) > 0 for figure in figures] == [True, True]


def test_clouds_have_as_many_points_as_the_model_was_trained_with(tmp_path, capsys):
    pack = str(write_pack(tmp_path / 'pack.npz', 24, num_points=600))
    main('distance', 'configs/recon/nano.py', '--data', pack, '--objects', '0')
    assert 'random weights, 512 points' in capsys.readouterr().out
    main('distance', 'configs/recon/nano.py', '--data', pack, '--objects', '0', '--points', '96')
    assert 'random weights, 96 points' in capsys.readouterr().out


def test_losses_are_drawn(tmp_path, capsys):
    log = tmp_path / 'run' / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text('\n'.join(json.dumps({'loss': 1 / step, 'step': step}) for step in range(1, 60)))
    main('loss', str(tmp_path / 'run'), '--out', str(tmp_path / 'loss.svg'))
    root = ElementTree.parse(tmp_path / 'loss.svg').getroot()
    ways = [line.get('d') for line in root.iter('{http://www.w3.org/2000/svg}path') if line.get('d')]
    assert max(way.count('L') for way in ways) > 30, 'the curve, of which straight pieces may be joined'
    assert capsys.readouterr().out.strip().endswith(': loss')


def test_distances_are_a_table(data, capsys):
    main('distance', 'configs/recon/nano.py', *data)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith('|')]
    assert [line.split('|')[1].strip() for line in lines[2:]] == [
        'patches, distance',
        *(f'query {name}, spread' for name in ('cls', 'image', 'text')),
        'even attention',
    ]


def test_wrong_usage_is_one_line(tmp_path, capsys):
    assert run_cli(lambda _: main('loss', str(tmp_path), '--out', 'x.svg')) == WRONG_USAGE
    (line,) = capsys.readouterr().err.splitlines()
    assert 'vis_data' in line


def test_a_picture_has_one_format():
    with pytest.raises(UsageError, match=r'this picture is a \.png file'):
        main('attention', 'configs/recon/nano.py', '--out', 'x.jpg')
