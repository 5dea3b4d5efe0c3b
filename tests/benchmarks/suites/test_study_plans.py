from __future__ import annotations

import dataclasses

import pytest

from benchmarks.suites.data import PRETRAIN_SEED, Corpus, seen_classes
from benchmarks.suites.everything import SUITES
from benchmarks.suites.plans.held_out import held_out, pretraining_seeds
from benchmarks.suites.profiles import PROFILES, find_profile
from benchmarks.suites.setup import Setup
from benchmarks.suites.students import Model
from tests.layouts import write_pack
from zoo.datasets.procedural.dataset import VARIANTS

RECON = Model('ReCon', 'recon-nano')


@pytest.fixture(autouse=True)
def _no_data(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))


def test_held_out_shapes_are_of_the_classes_and_the_stream_of_pretraining_and_of_another_split():
    for name in ('smoke', 'laptop'):
        setup = Setup(find_profile(name))
        source, seen = held_out(setup, RECON), setup.corpus.config
        assert (source.test['split'], seen['split']) == ('val', 'train')
        assert source.test['seed'] == seen['seed'] == PRETRAIN_SEED
        assert source.test['classes'] == seen['classes'] == seen_classes()
        assert source.test['num_objects'] % len(seen_classes()) == 0
        assert source.test['images']
        assert source.test['texts']
        assert source.points == 512
        assert not {'images', 'texts'} & set(held_out(setup, RECON, pictures=False).test)


@pytest.mark.parametrize('pictures', [True, False])
def test_of_joined_packs_the_test_split_is_held_out(tmp_path, pictures):
    path = str(write_pack(tmp_path / 'pack.npz', 40, num_points=16))
    plain = [{'type': 'ShapePack', 'points': path, 'split': split} for split in ('all', 'train')]
    config = {'type': 'ObjectUnion', 'datasets': plain}
    pictured = {'images': True, 'datasets': [{**member, 'images': path} for member in plain]}
    setup = Setup(find_profile('smoke'))
    setup.__dict__['corpus'] = Corpus('packs', 'packs', config, pictured, 30)
    found = dict(held_out(setup, RECON, pictures).test)
    expected = {'type': 'ShapePack', 'points': path, 'split': 'test'}
    assert found == (expected | {'images': path, 'texts': True} if pictures else expected)


def test_loss_and_accuracy_of_an_epoch_are_of_one_student():
    setup = Setup(find_profile('laptop'))
    loss, contrast, accuracy = SUITES['contrastive_test_loss'].plan(setup)
    assert loss.columns == contrast.columns == accuracy.columns
    runs = {figure.job.needs['weights'].key for figure in loss.figures}
    assert len(runs) == 2
    for figure in accuracy.figures:
        if figure.row != 'from scratch':
            assert figure.job.needs['weights'].key in runs
            assert figure.job.settings['epoch'] == int(figure.column.split()[1])
    assert (loss.better, contrast.better, accuracy.better) == ('less', 'less', 'more')
    # Both methods by the same function of the same targets, on the same objects.
    settings = [{**f.job.settings, 'student': '', 'config_sha256': '', 'epoch': 0} for f in loss.figures]
    assert all(entry == settings[0] for entry in settings)


def test_the_seed_of_the_pretraining_is_repeated_as_the_profile_says():
    assert pretraining_seeds(Setup(find_profile('laptop'))) == [0]
    assert pretraining_seeds(Setup(find_profile('laptop'), seeds=4)) == [0, 1, 2, 3]
    profile = dataclasses.replace(find_profile('laptop'), seeds=2, pretrain_seeds=3)
    assert pretraining_seeds(Setup(profile)) == [0, 1]


def test_attention_reads_the_pretrainings_of_other_studies_and_every_layer():
    setup = Setup(find_profile('laptop'))
    (sheet,) = SUITES['attention_distance'].plan(setup)
    assert sheet.columns == [f'layer {layer}' for layer in range(1, 7)]
    assert sheet.better == 'none'
    wanted = {setup.pretraining(Model('', f'{name}-nano'), 0).key for name in ('point-mae', 'cmc', 'recon')}
    assert {figure.job.needs['weights'].key for figure in sheet.figures if figure.job.needs} == wanted
    metrics = {figure.row: figure.metric.split('/')[0] for figure in sheet.figures}
    assert metrics['ReCon, local stream'] == 'distance'
    assert metrics['ReCon, global stream'] == 'spread'
    queries = {figure.job.settings['student']: figure.job.settings['queries'] for figure in sheet.figures}
    # The class query of ReCon is read by no objective, so it says nothing.
    assert queries == {'point-mae-nano': [], 'cmc-nano': ['image', 'text'], 'recon-nano': ['image', 'text']}


@pytest.mark.parametrize('name', ['contrastive_test_loss', 'attention_distance'])
def test_without_the_pretraining_data_the_sheets_say_so(name):
    for profile in ('paper', 'packs'):
        for sheet in SUITES[name].plan(Setup(PROFILES[profile])):
            assert any('pretraining' in title for title in sheet.missing)
            assert all(figure.row == 'from scratch' for figure in sheet.figures)


@pytest.mark.parametrize('name', ['contrastive_test_loss', 'attention_distance'])
def test_a_pattern_without_the_methods_leaves_nothing(name):
    assert SUITES[name].plan(Setup(find_profile('laptop'), pattern='act')) == []


def test_errors_are_relative_to_all_seeds_of_the_plain_transformer_and_architectures_start_from_random_weights():
    accuracy, errors, severities = SUITES['corruption_errors'].plan(Setup(find_profile('laptop'), pattern='re*'))
    assert accuracy.rows == errors.rows == ['from scratch', 'ReCon from scratch', *accuracy.rows[2:]]
    for row in accuracy.rows:
        for seed in range(3):
            (own,) = {f.job.key for f in accuracy.figures if (f.row, f.seed) == (row, seed)}
            (job,) = {f.job for f in errors.figures if (f.row, f.seed) == (row, seed)}
            assert job.needs['own'].key == own
            assert {need.key for role, need in job.needs.items() if role != 'own'} == {
                f.job.key for f in accuracy.figures if f.row == 'from scratch'
            }
    assert {f.metric for f in errors.figures} >= {'mce', 'rmce', 'ce/drop_local'}
    assert (errors.better, accuracy.better) == ('less', 'more')
    assert len(severities.rows) == 7 * len(accuracy.rows)
    whole = SUITES['corruption_errors'].plan(Setup(find_profile('laptop')))[0]
    assert {'DGCNN from scratch', 'PointNet++ from scratch', 'cmc-nano'} <= set(whole.rows)
    tuned = {f.row: f.job.needs['classifier'].needs for f in whole.figures}
    assert {row for row, needs in tuned.items() if 'weights' not in needs} == {
        row for row in whole.rows if row.endswith('from scratch')
    }


def test_scans_are_compared_with_the_whole_surface_by_random_weights():
    (made,) = SUITES['scan_variants'].plan(Setup(find_profile('laptop')))
    assert made.rows == ['from scratch', 'ReCon from scratch']
    assert made.columns == [f'procedural {variant}' for variant in VARIANTS]
    assert {(f.job.kind, tuple(f.job.needs)) for f in made.figures} == {('finetune', ('recipe',))}
    assert not made.missing
