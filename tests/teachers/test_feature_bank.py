from __future__ import annotations

import random
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from tests.refusals import refused
from tests.shared import ROOT
from tests.teachers.toys import ColorTeacher, LetterTeacher, Objects
from zoo.teachers import FeatureBank, PointIdentity
from zoo.teachers import feature_bank as module
from zoo.teachers.feature_bank import moments

CROP = [{'type': 'RandomResizedCrop', 'size': 8, 'scale': (0.3, 0.6)}]


@pytest.fixture
def file(tmp_path):
    return ColorTeacher.write(tmp_path / 'weights.pt')


@pytest.fixture
def build(file, tmp_path):
    def make(dataset=None, teacher=None, **options):
        teacher = teacher or ColorTeacher(file)
        options = {'cache_dir': tmp_path / 'cache', 'progress': False, **options}
        return FeatureBank.build(teacher, Objects() if dataset is None else dataset, **options)

    return make


def direct(file, dataset):
    """Features of every stored view, (S, V, C), one image at a time."""
    teacher = ColorTeacher(file)
    images = torch.from_numpy(dataset.views).permute(0, 1, 4, 2, 3) / 255
    return torch.stack([torch.cat([teacher(view[None]) for view in views]) for views in images])


def test_image_features_are_those_of_the_teacher(build, file):
    dataset = Objects()
    bank = build(dataset, views=5)
    assert (len(bank), bank.num_variants, bank.embed_dim) == (12, 3, 4)  # every stored view once
    expected = direct(file, dataset).half()
    for found, views in zip(bank.features, expected, strict=True):
        torch.testing.assert_close(found.sort(0).values, views.sort(0).values, rtol=2e-3, atol=1e-4)


def test_text_features_are_those_of_the_teacher(build):
    dataset, teacher = Objects(total=40), LetterTeacher()
    bank = build(dataset, teacher, prompts=['{}', 'bab {}'])
    assert bank.features.shape == (3, 2, 3)
    assert len(teacher.seen) == 6  # every different text once
    torch.manual_seed(0)
    found = bank.lookup(np.arange(40))
    for index, feature in enumerate(found):
        caption = dataset.caption(index)
        assert feature.tolist() in LetterTeacher()([caption, f'bab {caption}']).tolist()


def test_lookup_draws_variants_from_the_global_generator(build):
    bank = build(views=3)
    index = np.full(3000, 5)
    torch.manual_seed(1)
    found = bank.lookup(index)
    torch.manual_seed(1)
    assert torch.equal(bank.lookup(torch.from_numpy(index)), found)
    assert found.dtype == torch.float32
    matches = (found[:, None] == bank.features[5].float()).all(-1)
    assert matches.any(1).all()
    assert matches.sum(0).min() > 850


def test_every_variant_of_a_sample_at_once(build):
    bank = build(views=3, standardize=True)
    found = bank.lookup_all(np.array([5, 2]))
    assert found.shape == (2, 3, bank.embed_dim)
    for row, index in zip(found, (5, 2), strict=True):
        drawn = {tuple(bank.lookup(np.array([index]))[0].tolist()) for _ in range(60)}
        assert drawn == {tuple(view) for view in row.tolist()}


def test_a_second_build_reads_the_file(build, file):
    first = build(views=2)
    teacher = ColorTeacher(file)
    second = build(teacher=teacher, views=2)
    assert teacher.seen == 0
    assert not teacher.loaded
    assert torch.equal(first.features, second.features)
    assert first.key == second.key


def test_batch_size_does_not_matter(build, tmp_path):
    data = Objects(side=20, image_pipeline=CROP)
    first = build(data, views=4, batch_size=5)
    second = build(data, views=4, batch_size=64, cache_dir=tmp_path / 'other')
    torch.testing.assert_close(first.features, second.features, rtol=2e-3, atol=2e-3)
    assert first.key == second.key


class Renamed(Objects):
    def caption(self, index):
        return 'b' * index


def test_every_part_of_the_key_changes_it(build, tmp_path):
    (tmp_path / 'other').mkdir()
    other = ColorTeacher(ColorTeacher.write(tmp_path / 'other' / 'weights.pt', seed=1))
    keys = [
        build().key,
        build(views=2).key,
        build(seed=1).key,
        build(Objects(data_seed=1)).key,
        build(Objects().subset([0, 1])).key,
        build(Objects(image_pipeline=CROP)).key,
        build(Objects(image_pipeline=[{**CROP[0], 'size': 7}])).key,
        build(teacher=other).key,
        build(teacher=LetterTeacher()).key,
        build(Renamed(), LetterTeacher()).key,
        build(teacher=LetterTeacher(), prompts=2).key,
        build(teacher=LetterTeacher(), prompts=['x {}', 'y {}']).key,
    ]
    assert len(set(keys)) == len(keys)
    assert len(list((tmp_path / 'cache').glob('*.safetensors'))) == len(keys)


def test_building_leaves_the_random_generators_alone(build):
    def states():
        return torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002

    data = Objects(side=20, image_pipeline=CROP)
    before = states()
    build(data, views=2)
    assert states() == before


SCRIPT = """
import sys
from tests.teachers.toys import ColorTeacher, Objects
from zoo.teachers import FeatureBank, feature_bank

feature_bank.PART = 8
file, cache, log, fatal = sys.argv[1:]
teacher = ColorTeacher(file=__import__('pathlib').Path(file), fatal=int(fatal) or None, log=log)
FeatureBank.build(teacher, Objects(total=20), views=3, cache_dir=cache, batch_size=4, progress=False)
"""


def start(file, cache, log, fatal=0):
    command = [sys.executable, '-c', SCRIPT, str(file), str(cache), str(log), str(fatal)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_a_killed_build_goes_on_where_it_stopped(build, file, tmp_path, monkeypatch):
    monkeypatch.setattr(module, 'PART', 8)
    cache = tmp_path / 'cache'
    process = start(file, cache, tmp_path / 'log', fatal=30)
    assert process.wait() == -signal.SIGKILL
    parts = sorted(next(cache.glob('*.parts')).glob('*.safetensors'))
    assert len(parts) == 3
    parts[1].write_bytes(b'damaged')
    teacher = ColorTeacher(file)
    with pytest.warns(UserWarning, match='is damaged'):
        resumed = build(Objects(total=20), teacher, views=3, batch_size=4)
    assert teacher.seen == 60 - 2 * 8
    whole = build(Objects(total=20), views=3, batch_size=4, cache_dir=tmp_path / 'whole')
    assert torch.equal(resumed.features, whole.features)
    assert not list(cache.glob('*.parts'))


@pytest.mark.slow
def test_two_processes_share_the_work(build, file, tmp_path):
    log = tmp_path / 'log'
    processes = [start(file, tmp_path / 'cache', log) for _ in range(2)]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert len(log.read_text()) == 60  # computed once
    teacher = ColorTeacher(file)
    build(Objects(total=20), teacher, views=3)
    assert teacher.seen == 0


def test_moments_weigh_samples_and_not_rows():
    features = torch.randn(5, 3, 7).half()
    rows = torch.tensor([0, 0, 0, 1, 4, 4, 2, 3])
    values = features[rows].double().flatten(0, 1)
    mean, std = moments(features, rows)
    torch.testing.assert_close(mean, values.mean(0).float())
    torch.testing.assert_close(std, values.std(0, correction=0).float())


def test_standardized_features_have_mean_zero_and_deviation_one(build):
    plain, bank = build(Objects(total=50)), build(Objects(total=50), standardize=True)
    assert bank.key == plain.key
    found = bank.lookup(np.arange(50))
    torch.testing.assert_close(found.mean(0), torch.zeros(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(found.std(0, correction=0), torch.ones(4), atol=1e-4, rtol=0)
    torch.testing.assert_close(found * bank.std + bank.mean, plain.lookup(np.arange(50)))


def test_a_dead_channel_is_not_blown_up():
    features = torch.randn(100, 1, 3).half()
    features[:, 0, 1] = 0.1
    rows = torch.arange(100)
    bank = FeatureBank(features, rows, *moments(features, rows), standardize=True)
    assert bank.lookup(rows)[:, 1].abs().max() < 0.1
    constant = torch.ones(4, 1, 3).half()
    bank = FeatureBank(constant, rows[:4], *moments(constant, rows[:4]), standardize=True)
    assert torch.equal(bank.lookup(rows[:4]), torch.zeros(4, 3))


def test_the_teacher_is_left_as_it_was(build, file):
    fresh, used = ColorTeacher(file), ColorTeacher(file)
    used(torch.rand(1, 3, 2, 2))
    build(teacher=fresh)
    build(teacher=used, views=2)
    assert (fresh.loaded, used.loaded) == (False, True)
    assert fresh.device.type == used.device.type == 'cpu'


def test_the_cache_root_is_the_default(build, tmp_path, monkeypatch):
    monkeypatch.setenv('ZOO_HOME', str(tmp_path / 'home'))
    build(cache_dir=None)
    assert list((tmp_path / 'home' / 'features').glob('ColorTeacher-*.safetensors'))


def test_progress_shows_what_is_left(build, capsys):
    build(progress=True)
    assert '12/12' in capsys.readouterr().err
    build(progress=True)
    assert capsys.readouterr().err == ''


def test_what_cannot_be_stored(build, file):
    assert 'frozen=False' in refused(build, teacher=ColorTeacher(file, frozen=False))
    assert "modality 'points'" in refused(build, teacher=PointIdentity())

    class Huge(LetterTeacher):
        def _encode(self, network, inputs):
            return super()._encode(network, inputs) + 1e6

    assert 'float16 cannot hold' in refused(build, teacher=Huge())
