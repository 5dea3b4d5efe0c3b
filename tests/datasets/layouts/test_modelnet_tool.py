"""Training by the tool on every layout of ModelNet, whole and broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.datasets.layouts.one_step import write_config
from tests.datasets.layouts.test_modelnet_damage import damage
from tests.datasets.layouts.tool_runs import run_all
from tests.datasets.layouts.writers_modelnet import write_few_shot, write_modelnet

pytestmark = pytest.mark.slow

BROKEN = {'normal_resampled': 'truncated', 'fps': 'shape', 'hdf5': 'label', 'off': 'nan', 'few_shot': 'truncated'}
"""Every layout with a kind of damage; that of the text files and meshes is found in the middle of an epoch."""


def prepare(folder, layout):
    """Write a whole data root and a broken one; returns the broken file, and what the message must say of it."""
    if layout == 'few_shot':
        write_few_shot(folder / 'whole', ways=2, shots=2, queries=1)
        shutil.copytree(folder / 'whole', folder / 'broken')
        path = folder / 'broken' / 'ModelNetFewshot' / '2way_2shot' / '0.pkl'
        path.write_bytes(path.read_bytes()[:-1000])
        return path.name, 'cannot be read as a pickle of arrays'
    write_modelnet(folder / 'whole', layout)
    shutil.copytree(folder / 'whole', folder / 'broken')
    return damage(folder / 'broken', layout, BROKEN[layout])


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
    """The finished runs: by layout, exit code and standard error on whole and on broken data, and what to expect."""
    planned, expected = [], {}
    for layout in BROKEN:
        folder = tmp_path_factory.mktemp(layout)
        expected[layout] = prepare(folder, layout)
        dataset = {'type': 'ModelNet', 'layout': layout}
        if layout == 'few_shot':
            dataset = {'type': 'ModelNetFewShot', 'ways': 2, 'shots': 2, 'fold': 0}
        module = f'zoo.datasets.layouts.{"few_shot" if layout == "few_shot" else "modelnet"}'
        config = write_config(folder / 'config.py', module, dataset, 40)
        config.write_text(config.read_text().replace('batch_size=4', 'batch_size=80'))  # all objects, the broken too
        for state in ('whole', 'broken'):
            cwd = folder / f'run_{state}'
            cwd.mkdir()
            planned.append({'config': str(config), 'cwd': str(cwd), 'data': str(folder / state)})
    results = [(*result, run['cwd']) for result, run in zip(run_all(planned), planned, strict=True)]
    return {name: (*results[2 * k : 2 * k + 2], expected[name]) for k, name in enumerate(BROKEN)}


@pytest.mark.parametrize('layout', BROKEN)
def test_a_whole_folder_is_trained_on(runs, layout):
    code, text, cwd = runs[layout][0]
    assert code == 0, text
    assert 'error' not in text
    assert (Path(cwd) / 'work_dirs' / 'config' / 'weights.safetensors').is_file()


@pytest.mark.parametrize('layout', BROKEN)
def test_a_broken_file_ends_in_exit_code_2_and_one_line_that_names_it(runs, layout):
    _, (code, text, _), expected = runs[layout]
    assert code == 2, text
    errors = [line for line in text.splitlines() if 'rror' in line]
    assert len(errors) == 1
    assert errors[0] == text.splitlines()[-1]
    assert errors[0].startswith('error: ')
    assert all(part in errors[0] for part in expected)
    assert errors[0].endswith('fetch it again')
    assert 'Traceback' not in text
