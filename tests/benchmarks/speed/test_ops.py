from __future__ import annotations

import math

import pytest
import torch

from benchmarks.speed import ops as speed
from zoo import ops


def test_textbook_and_ours_agree():
    points = torch.randn(2, 60, 3, generator=torch.Generator().manual_seed(0))
    a, b = points[:, :20].clone().requires_grad_(), points[:, 20:40]
    assert torch.equal(speed.textbook_fps(points, 9), ops.farthest_point_sample(points, 9))
    assert torch.equal(speed.textbook_knn(a, points, 5)[1], ops.knn(a, points, 5)[1])
    assert all(map(torch.equal, speed.textbook_group(points, 9, 5), ops.group(points, 9, 5)))
    ours, textbook = (speed.with_backward(f, a, b) for f in (ops.chamfer_distance, speed.textbook_chamfer))
    torch.testing.assert_close(ours, textbook)


def test_prints_one_table_of_finite_ratios(capsys):
    speed.main(['--rounds', '2', '--scale', '0.05'])
    header, *rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith('|')]
    assert [cell.strip() for cell in header.strip('|').split('|')] == list(speed.COLUMNS)
    cells = [[cell.strip() for cell in row.strip('|').split('|')] for row in rows[1:]]
    assert {row[0].split()[0] for row in cells} == {'FPS', 'kNN', 'groups', 'Chamfer'}
    assert {row[1] for row in cells} == set(ops.backend.available_backends())
    assert all(math.isfinite(float(value)) and float(value) > 0 for row in cells for value in row[2:5])


def test_an_unknown_option_leaves_with_code_2(capsys):
    with pytest.raises(SystemExit) as stop:
        speed.main(['--sise', '3'])
    assert stop.value.code == 2
    assert '--sise' in capsys.readouterr().err
