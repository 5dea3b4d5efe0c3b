"""The training command as a user runs it."""

from __future__ import annotations

import signal

import pytest
from safetensors.torch import load_file

from tests.engine.conftest import CONFIG, largest_difference, run_tool, state_of
from tests.layouts import write_shapenet55


@pytest.mark.slow
def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(train, tmp_path):
    """Killed while the checkpoint of epoch 3 is written."""
    unbroken = train('unbroken')
    command = ('train.py', CONFIG, '--work-dir', 'run', '--device', 'cpu')
    killed = run_tool(*command, '--cfg-options', 'custom_hooks.3.in_save_of_epoch=3', cwd=tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (tmp_path / 'run' / 'last_checkpoint').read_text().endswith('epoch_2.pth')
    assert (tmp_path / 'run' / '.epoch_3.pth.unfinished').is_file()

    finished = run_tool(*command, '--resume', cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert 'epoch_2.pth' in finished.stderr
    assert not (tmp_path / 'run' / '.epoch_3.pth.unfinished').exists()
    for one, other in [
        (state_of(tmp_path / 'run' / 'epoch_4.pth'), state_of(tmp_path / 'unbroken' / 'epoch_4.pth')),
        (load_file(tmp_path / 'run' / 'weights.safetensors'), unbroken.model.state_dict()),
    ]:
        assert largest_difference(one, other) < 1e-6


def test_from_another_directory_and_without_data_it_ends_in_one_line(tool, tmp_path, monkeypatch):
    """A wrong name, and the paper's main config, which says what is missing, where, and how to get it."""
    monkeypatch.chdir(tmp_path)
    code, out, errors = tool('configs/recon/nono.py')
    assert (code, out) == (2, '')
    assert 'did you mean configs/recon/nano.py' in errors
    code, _, errors = tool('configs/recon/base.py', '--device', 'cpu')
    assert code == 2
    missing = ('shapenet_pc', 'shapenet_img', 'shapenet55.json', 'ShapeNet-55/train.txt', 'ShapeNet55-34')
    for word in (*missing, 'DATASET.md', 'ZOO_DATA'):
        assert word in errors
    assert not list(tmp_path.rglob('*.pth'))


@pytest.mark.slow
def test_the_main_config_trains_with_a_folder_of_32_objects(tool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_shapenet55(tmp_path, 32, num_points=2048)
    options = ('train_cfg.max_epochs=1', 'custom_hooks.3.views=1', 'train_dataloader.num_workers=0')
    teachers = (('image', 'EfficientNetLite0Teacher'), ('text', 'SentenceTeacher'))  # offline
    options += tuple(f'model.objectives.{name}.teacher.type={kind}' for name, kind in teachers)
    code, out, errors = tool('configs/recon/base.py', '--device', 'cpu', '--cfg-options', *options)
    assert code == 0, errors
    assert 'step 1/1' in out + errors
    weights = load_file(tmp_path / 'work_dirs' / 'recon_base' / 'weights.safetensors')
    assert sum(value.numel() for key, value in weights.items() if key.startswith('backbone.')) > 40_000_000
