from __future__ import annotations

import json

from tests.refusals import refused
from zoo.visualize import read_losses


def write(folder, rows, tail=''):
    path = folder / 'vis_data' / 'scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text('\n'.join(json.dumps(row) for row in rows) + tail)
    return path


def row(step, loss, **more):
    return {'lr': 1e-3, 'loss': loss, 'step': step, **more}


def test_logs_of_a_resumed_run_are_one_curve(tmp_path):
    write(tmp_path / '20260101_000000', [row(1, 3.0, loss_image=1.0), row(2, 2.0), {'oa': 50.0, 'step': 1}])
    write(tmp_path / '20260102_000000', [row(2, 1.5), row(3, 1.0)])
    assert read_losses(tmp_path) == {'loss': [(1, 3.0), (2, 1.5), (3, 1.0)], 'loss_image': [(1, 1.0)]}


def test_a_line_that_a_kill_cut_off_is_left_out(tmp_path):
    path = write(tmp_path, [row(1, 3.0)], tail='\n{"lr": 0.001, "lo')
    assert read_losses(path) == {'loss': [(1, 3.0)]}
    path.write_text('{"lr": 0.001, "lo\n' + json.dumps(row(1, 3.0)))
    assert 'line 1 is no line of a log' in refused(read_losses, path)


def test_what_is_missing_is_said(tmp_path):
    assert 'work directory' in refused(read_losses, tmp_path)
    write(tmp_path, [{'oa': 1.0, 'step': 1}])
    assert 'no loss yet' in refused(read_losses, tmp_path)
