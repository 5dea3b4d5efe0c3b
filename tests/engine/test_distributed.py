from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys

import pytest
import torch
import torch.distributed as dist

from tests.engine.conftest import largest_difference, make_config, state_of
from tests.refusals import refused
from zoo.engine import build_runner, distributed
from zoo.engine.distributed import join_processes
from zoo.errors import UsageError


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@pytest.fixture
def launched(monkeypatch):
    """What a process group is started with, instead of starting it."""
    found = {}

    def start(backend):
        found.update(backend=backend, **{name: os.environ.get(name) for name in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK')})
        found['address'] = (os.environ['MASTER_ADDR'], os.environ['MASTER_PORT'])

    monkeypatch.setattr(dist, 'init_process_group', start)
    for name in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'MASTER_ADDR', 'MASTER_PORT'):
        monkeypatch.setenv(name, '')  # restored afterwards
        monkeypatch.delenv(name)
    return found


def test_none_does_nothing(launched):
    join_processes('none', 'cpu')
    assert launched == {}


def test_mpi_variables_are_translated(launched, monkeypatch):
    for name, value in (('RANK', '3'), ('SIZE', '8'), ('LOCAL_RANK', '1')):
        monkeypatch.setenv(f'OMPI_COMM_WORLD_{name}', value)
    assert '--launcher mpi: MASTER_ADDR not set' in refused(join_processes, 'mpi', 'cpu')
    monkeypatch.setenv('MASTER_ADDR', 'node7')
    join_processes('mpi', 'cpu')
    assert launched == {
        'backend': 'gloo',
        'RANK': '3',
        'WORLD_SIZE': '8',
        'LOCAL_RANK': '1',
        'address': ('node7', '29500'),
    }


def test_slurm_takes_the_first_node_for_master(launched, monkeypatch):
    for name, value in (('PROCID', '5'), ('NTASKS', '6'), ('LOCALID', '2'), ('NODELIST', 'gpu[03-04]')):
        monkeypatch.setenv(f'SLURM_{name}', value)
    assert 'MASTER_ADDR not set' in refused(join_processes, 'slurm', 'cpu')

    def scontrol(command, **options):
        assert command[-1] == 'gpu[03-04]'
        return subprocess.CompletedProcess(command, 0, stdout='gpu03\ngpu04\n')

    monkeypatch.setattr(distributed.subprocess, 'run', scontrol)
    join_processes('slurm', 'cpu')
    assert (launched['RANK'], launched['address'][0]) == ('5', 'gpu03')


def test_processes_nobody_launched_are_told_how(launched):
    with pytest.raises(UsageError, match=r'RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR not set .* torchrun'):
        join_processes('pytorch', 'cpu')
    assert "unknown launcher 'ray'" in refused(join_processes, 'ray', 'cpu')


def train_in_process(rank, port, work_dir):
    """Train one epoch as one of two processes; runs in a fork, which need not import everything again."""
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE='2')
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    work_dir.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    with (work_dir / f'rank{rank}.txt').open('w') as sys.stderr:
        runner = build_runner(make_config(work_dir, {'train_cfg.max_epochs': 1}, launcher='pytorch'))
        runner.train()
        assert runner.model.static_graph
        torch.save({'state_dict': runner.model.module.state_dict()}, work_dir / f'rank{rank}.pth')


def test_two_processes_train_one_model(tmp_path, monkeypatch):
    """Gradients are exchanged: the processes see different halves of the data and end with the same weights."""
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    context, port = multiprocessing.get_context('fork'), free_port()
    processes = [context.Process(target=train_in_process, args=(rank, port, tmp_path / 'run')) for rank in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    outputs = [(tmp_path / 'run' / f'rank{rank}.txt').read_text() for rank in range(2)]
    assert [process.exitcode for process in processes] == [0, 0], outputs
    first, second = (state_of(tmp_path / 'run' / f'rank{rank}.pth') for rank in range(2))
    parameters = [name for name in first if 'running' not in name and 'num_batches' not in name]
    assert max(float((first[name] - second[name]).abs().max()) for name in parameters) == 0
    assert largest_difference(first, state_of(tmp_path / 'run' / 'epoch_1.pth')) == 0
    assert 'step 3/3' in outputs[0]
    assert 'epoch' not in outputs[1]
