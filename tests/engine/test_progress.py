from __future__ import annotations

import io
import re
import time

import pytest
import torch

from zoo.engine import ProgressHook
from zoo.engine.progress import Rate, batch_size


def test_lines_say_epoch_rate_time_left_loss_and_metrics(train, capsys):
    train('run', {'custom_hooks.1.interval': 0.0})
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 25
    pattern = r'epoch 1/4  step 1/24  loss \d\.\d{4}  lr 1\.7e-03  \d+ samples/s  0:00:\d\d left'
    assert re.fullmatch(pattern, lines[0])
    assert re.search(r'epoch 4/4  step 24/24 .* 0:00:00 left  oa \d+\.\d\d  macc \d+\.\d\d$', lines[23])
    assert re.search(r'trained to epoch 4 in 0:00:0\d  oa .* in .*run$', lines[24])


def test_a_long_interval_keeps_only_the_ends(train, capsys):
    train('run', {'custom_hooks.1.interval': 1e6})
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == ['epoch', 'trained']


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar(train):
    terminal = Terminal()

    runner = train('run', {'train_cfg.max_epochs': 1})
    runner.train_loop._iter = 5
    hook = ProgressHook(stream=terminal)
    hook.before_train(runner)
    hook.after_train_iter(runner, 0, {'points': torch.zeros(4, 2, 3)}, {'loss': torch.ones(())})
    hook.after_train(runner)
    assert '100% |' in terminal.getvalue()
    assert 'loss 1.0000' in terminal.getvalue()
    assert terminal.getvalue().rstrip().endswith(str(runner.work_dir))


def test_rate_leaves_out_what_lies_between(monkeypatch):
    clock = iter([0.0, 1.0, 100.0, 102.0, 103.0])
    monkeypatch.setattr(time, 'perf_counter', lambda: next(clock))
    rate = Rate(window=2)
    rate.add(8)  # 0 to 1
    rate.resume()  # at 100
    rate.add(8)  # 100 to 102
    assert rate.samples == pytest.approx(16 / 3)
    assert rate.iterations == pytest.approx(2 / 3)
    rate.add(4)  # 102 to 103; the first is forgotten
    assert rate.samples == pytest.approx(12 / 3)


def test_batch_size_is_the_number_of_samples():
    assert batch_size({'text': ['a'], 'points': torch.zeros(5, 2, 3)}) == 5
    assert batch_size({'inputs': torch.zeros(4, 1)}) == 4
    assert batch_size([1, 2, 3]) == 3
    assert batch_size(None) == 0
