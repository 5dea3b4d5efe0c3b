from __future__ import annotations

import pytest

from benchmarks.run.launchers import Share, machine, share_of


@pytest.mark.parametrize(
    ('jobs', 'cores', 'gpus', 'expected'),
    [
        (None, 8, (), Share(8)),
        (2, 8, (), Share(2)),
        (16, 8, (), Share(16)),
        (None, 32, ('0', '1'), Share(2, ('0', '1'), 'cuda')),
        (4, 32, ('0', '1'), Share(4, ('0', '1'), 'cuda')),
    ],
)
def test_the_machine_is_dealt_out(jobs, cores, gpus, expected):
    assert share_of(jobs, cores, gpus) == expected


def test_gpus_that_are_hidden_are_not_used(monkeypatch):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
    assert machine()[1] == ()
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '3,5')
    assert machine()[1] == ('3', '5')
    assert machine()[0] >= 1
