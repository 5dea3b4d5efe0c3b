"""The command of the paper's main config, with and without data."""

from __future__ import annotations

import pytest
from safetensors.torch import load_file

from tests.engine.conftest import run_tool
from tests.layouts import write_shapenet55

OFFLINE_TEACHERS = (
    'model.objectives.image.teacher.type=EfficientNetLite0Teacher',
    'model.objectives.text.teacher.type=SentenceTeacher',
)


def test_without_data_it_says_what_is_missing_where_and_how_to_get_it(tmp_path):
    run = run_tool('train.py', 'configs/recon/base.py', '--device', 'cpu', cwd=tmp_path)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    for word in (
        'shapenet_pc',
        'shapenet_img',
        'shapenet55.json',
        'ShapeNet-55/train.txt',
        'ShapeNet55-34',
        'DATASET.md',
        'ZOO_DATA',
    ):
        assert word in run.stderr
    assert not list(tmp_path.rglob('*.pth'))


@pytest.mark.slow
def test_with_a_folder_of_32_objects_it_trains(tmp_path):
    write_shapenet55(tmp_path / 'data', 32, num_points=2048)
    options = (*OFFLINE_TEACHERS, 'train_cfg.max_epochs=1', 'custom_hooks.3.views=1', 'train_dataloader.num_workers=0')
    run = run_tool(
        'train.py',
        'configs/recon/base.py',
        '--device',
        'cpu',
        '--cfg-options',
        *options,
        cwd=tmp_path,
        ZOO_DATA=str(tmp_path / 'data'),
    )
    assert run.returncode == 0, run.stderr
    assert 'step 1/1' in run.stdout + run.stderr
    weights = load_file(tmp_path / 'work_dirs' / 'recon_base' / 'weights.safetensors')
    assert sum(value.numel() for key, value in weights.items() if key.startswith('backbone.')) > 40_000_000
