from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from benchmarks.suites.catalog import all_suites
from benchmarks.suites.corpus import Corpus
from benchmarks.suites.data import PRETRAIN_SEED, seen_classes
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.held_out import held_out
from benchmarks.suites.profiles import PROFILES, find_profile
from benchmarks.suites.students import Model
from tests.benchmarks.run.here import finish
from tests.layouts import write_pack
from zoo.datasets.procedural.dataset import VARIANTS

SUITES = all_suites()
RECON = Model('ReCon', 'recon-nano')


@pytest.fixture(autouse=True)
def _no_data(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))


def test_held_out_shapes_are_of_the_classes_and_the_stream_of_pretraining_and_of_another_split():
    for name in ('smoke', 'laptop'):
        planner = Planner(find_profile(name))
        source, seen = held_out(planner, RECON), planner.corpus.config
        assert (source.test['split'], seen['split']) == ('val', 'train')
        assert source.test['seed'] == seen['seed'] == PRETRAIN_SEED
        assert source.test['classes'] == seen['classes'] == seen_classes()
        assert source.test['num_objects'] % len(seen_classes()) == 0
        assert source.test['images']
        assert source.test['texts']
        assert source.points == 512
        assert not {'images', 'texts'} & set(held_out(planner, RECON, pictures=False).test)


@pytest.mark.parametrize('pictures', [True, False])
def test_of_joined_packs_the_test_split_is_held_out(tmp_path, pictures):
    path = str(write_pack(tmp_path / 'pack.npz', 40, num_points=16))
    plain = [{'type': 'ShapePack', 'points': path, 'split': split} for split in ('all', 'train')]
    config = {'type': 'ObjectUnion', 'datasets': plain}
    pictured = {'images': True, 'datasets': [{**member, 'images': path} for member in plain]}
    planner = Planner(find_profile('smoke'))
    planner.__dict__['corpus'] = Corpus('packs', 'packs', config, 30, pictures=pictured)
    found = dict(held_out(planner, RECON, pictures).test)
    expected = {'type': 'ShapePack', 'points': path, 'split': 'test'}
    assert found == (expected | {'images': path, 'texts': True} if pictures else expected)


def test_retrieval_searches_held_out_clouds_and_commons_where_they_are(tmp_path):
    (texts, images) = SUITES['retrieval'].plan(Planner(find_profile('laptop'), pattern='recon*'))
    assert {figure.metric.split('/')[0] for figure in images.figures} == {'image'}
    assert 'recon-plus-nano' in {figure.row for figure in texts.figures} - {figure.row for figure in images.figures}
    assert {job.settings['split'] for job in texts.jobs.values()} == {'val'}
    (texts, _) = SUITES['retrieval'].plan(Planner(find_profile('laptop'), pattern='*pair'))
    alone = {figure.metric for figure in texts.figures if 'no student' in figure.row}
    assert alone == {
        figure.metric.replace('text', 'pictures') for figure in texts.figures if figure.row == 'recon-pair-nano'
    }
    (tmp_path / 'commons' / 'everyday').mkdir(parents=True)
    path = write_pack(
        tmp_path / 'commons' / 'everyday' / 'points1024.npz', 10, num_points=16, views=np.zeros((10, 1, 4, 4), np.uint8)
    )
    path.with_name('views112.npz').symlink_to(path)
    path.with_name('meta.json').write_text(json.dumps([{'name': f'thing {i}', 'category': 'any'} for i in range(10)]))
    tables = SUITES['retrieval'].plan(Planner(find_profile('laptop'), pattern='recon', packs=tmp_path))
    assert [table.name for table in tables] == [
        f'retrieval_{name}' for name in ('text', 'image', 'text_commons', 'image_commons')
    ]
    (job,) = tables[2].jobs.values()
    assert (job.settings['split'], job.settings['test']['texts']) == ('all', True)


def test_loss_and_accuracy_of_an_epoch_are_of_one_student():
    planner = Planner(find_profile('laptop'))
    loss, contrast, accuracy = SUITES['contrastive_test_loss'].plan(planner)
    assert loss.columns == contrast.columns == accuracy.columns
    runs = {job.needs['weights'].key for job in loss.jobs.values()}
    assert len(runs) == 2
    for figure in accuracy.figures:
        if figure.row != 'from scratch':
            job = accuracy.jobs[figure.key]
            assert job.needs['weights'].key in runs
            assert job.settings.get('epoch', 8) == int(figure.column.split()[1])
    assert (loss.better, contrast.better, accuracy.better) == ('less', 'less', 'more')
    # Both methods by the same function of the same targets, on the same objects.
    settings = [{**job.settings, 'student': '', 'config_sha256': '', 'epoch': 0} for job in loss.jobs.values()]
    assert all(entry == settings[0] for entry in settings)
    # The runs of other suites, looked into on their way.
    seen, *_ = SUITES['samples_seen'].plan(planner)
    assert runs <= {job.needs['weights'].key for job in seen.jobs.values() if job.needs}


@pytest.mark.parametrize('name', ['contrastive_test_loss', 'samples_seen'])
def test_what_has_released_weights_is_pretrained_for_what_it_was_on_the_way(name):
    for table in SUITES[name].plan(Planner(find_profile('demo'))):
        runs = [job.needs['weights'] for job in table.jobs.values() if job.needs]
        assert {run.type for run in runs} == {'pretrain'}
        assert all(run.settings['snapshots'][-1] == 8 for run in runs)


def test_samples_seen_are_doublings_of_the_run_that_other_suites_measure():
    planner = Planner(find_profile('laptop'))
    svm, shots, named = SUITES['samples_seen'].plan(planner)
    assert named.rows == ['CMC', 'CMC, InfoNCE', 'ReCon']
    assert (
        named.columns
        == svm.columns
        == shots.columns
        == ['656 samples', '1,312 samples', '2,624 samples', '5,248 samples']
    )
    assert svm.rows == shots.rows == ['from scratch', 'MPM (Point-MAE)', 'CMC', 'CMC, InfoNCE', 'SMC', 'ReCon']
    for made, other in ((svm, 'svm'), (shots, 'few_shot'), (named, 'zero_shot')):
        assert made.curve
        assert made.doublings
        ends = {figure.key for figure in made.figures if figure.column == '5,248 samples'}
        kept = {figure.key for table in SUITES[other].plan(planner) for figure in table.figures}
        assert ends <= kept
        early = {
            f.column: made.jobs[f.key].settings['epoch'] for f in made.figures if f.row == 'CMC' and f.key not in ends
        }
        assert early == dict(zip(made.columns, (1, 2, 4), strict=False))
        pretrained = [row for row in made.rows if row != 'from scratch']
        assert len({job.needs['weights'].key for job in made.jobs.values() if job.needs}) == len(pretrained)
    # Elsewhere nobody reads snapshots, so none are kept unless they are asked for.
    assert 'snapshots' not in Planner(find_profile('gpu')).pretraining(RECON, 0).settings
    hour = Planner(find_profile('gpu-hour'))
    assert hour.pretraining(RECON, 0).settings['snapshots'] == [19, 38, 76, 152, 300]
    for changed in ({'fraction': 50}, {'options': {'model.mask.ratio': 0.8}}):
        assert 'snapshots' not in hour.pretraining(dataclasses.replace(RECON, **changed), 0).settings


def test_few_labels_differ_in_their_number_alone():
    (table,) = SUITES['label_efficiency'].plan(Planner(find_profile('laptop')))
    rows = ['from scratch', 'MPM (Point-MAE)', 'CMC', 'SMC', 'ReCon']
    assert table.rows == [*rows, *(f'{row}, frozen, SVM' for row in rows)]
    assert table.columns == ['1 %', '5 %', '10 %', '50 %']
    jobs = {(f.row, f.column, f.seed): table.jobs[f.key] for f in table.figures}
    for (row, column, seed), job in jobs.items():
        assert f'{job.settings["label_share"]} %' == column
        assert (job.type == 'svm') == ('frozen' in row)
        whole = jobs[row, '50 %', seed]
        assert {**job.settings, 'label_share': 0} == {**whole.settings, 'label_share': 0}
        assert job.needs.keys() == whole.needs.keys()
        for name, need in job.needs.items():
            other = whole.needs[name]
            # The rate is chosen with as few labels as are trained on.
            share = {'label_share': job.settings['label_share']} if name == 'recipe' else {}
            assert need.settings == {**other.settings, **share}
            assert {role: inner.key for role, inner in need.needs.items()} == {
                role: inner.key for role, inner in other.needs.items()
            }


def test_doublings_are_whole_epochs_that_checkpoints_of_one_interval_hold():
    def found(epochs):
        return dataclasses.replace(find_profile('smoke'), epochs=epochs).doublings

    assert [found(epochs) for epochs in (1, 4, 9)] == [[1], [1, 2, 4], [1, 2, 4, 9]]
    assert found(16) == [1, 2, 4, 8, 16]
    assert found(100) == [6, 12, 24, 48, 100]
    for epochs in range(1, 400):
        assert found(epochs) == sorted({*found(epochs)})
        assert found(epochs)[-1] == epochs
        assert all(epoch % found(epochs)[0] == 0 for epoch in found(epochs)[:-1])
        assert epochs < 2 or 1 / 3 < found(epochs)[-2] / epochs <= 2 / 3


def test_the_seed_of_the_pretraining_is_repeated_as_the_profile_says():
    assert Planner(find_profile('laptop')).pretrain_seeds == [0]
    assert Planner(find_profile('laptop'), num_seeds=4).pretrain_seeds == [0, 1, 2, 3]
    profile = dataclasses.replace(find_profile('laptop'), seeds=2, pretrain_seeds=3)
    assert Planner(profile).pretrain_seeds == [0, 1]


def test_attention_reads_the_pretrainings_of_other_studies_and_every_layer():
    planner = Planner(find_profile('laptop'))
    (table,) = SUITES['attention_distance'].plan(planner)
    assert table.columns == [f'layer {layer}' for layer in range(1, 7)]
    assert table.better == 'none'
    wanted = {planner.pretraining(Model('', f'{name}-nano'), 0).key for name in ('point-mae', 'cmc', 'recon')}
    assert {job.needs['weights'].key for job in table.jobs.values() if job.needs} == wanted
    metrics = {figure.row: figure.metric.split('/')[0] for figure in table.figures}
    assert metrics['ReCon, local stream'] == 'distance'
    assert metrics['ReCon, global stream'] == 'spread'
    queries = {job.settings['student']: job.settings['queries'] for job in table.jobs.values()}
    # The class query of ReCon is read by no objective, so it says nothing.
    assert queries == {'point-mae-nano': [], 'cmc-nano': ['image', 'text'], 'recon-nano': ['image', 'text']}


@pytest.mark.parametrize('name', ['contrastive_test_loss', 'attention_distance'])
def test_without_the_pretraining_data_the_sheets_say_so(name):
    for profile in ('paper', 'packs'):
        for table in SUITES[name].plan(Planner(PROFILES[profile])):
            assert any('pretraining' in title for title in table.missing)
            assert all(figure.row == 'from scratch' for figure in table.figures)


def test_errors_are_relative_to_all_seeds_of_the_plain_transformer_and_architectures_start_from_random_weights():
    accuracy, errors, severities = SUITES['corruption_errors'].plan(Planner(find_profile('laptop'), pattern='re*'))
    assert accuracy.rows == errors.rows == ['from scratch', 'ReCon from scratch', *accuracy.rows[2:]]
    for row in accuracy.rows:
        for seed in range(3):
            (own,) = {f.key for f in accuracy.figures if (f.row, f.seed) == (row, seed)}
            (key,) = {f.key for f in errors.figures if (f.row, f.seed) == (row, seed)}
            needs = {role: need.key for role, need in errors.jobs[key].needs.items()}
            assert needs.pop('own') == own
            assert set(needs.values()) == {f.key for f in accuracy.figures if f.row == 'from scratch'}
    assert {f.metric for f in errors.figures} >= {'mce', 'rmce', 'ce/drop_local'}
    assert (errors.better, accuracy.better) == ('less', 'more')
    assert len(severities.rows) == 7 * len(accuracy.rows)
    whole = SUITES['corruption_errors'].plan(Planner(find_profile('laptop')))[0]
    assert {'DGCNN from scratch', 'PointNet++ from scratch', 'cmc-nano'} <= set(whole.rows)
    tuned = {f.row: whole.jobs[f.key].needs['classifier'].needs for f in whole.figures}
    assert {row for row, needs in tuned.items() if 'weights' not in needs} == {
        row for row in whole.rows if row.endswith('from scratch')
    }


def test_scans_are_compared_with_the_whole_surface_by_random_weights():
    (made,) = SUITES['scan_variants'].plan(Planner(find_profile('laptop')))
    assert made.rows == ['from scratch', 'ReCon from scratch']
    assert made.columns == [f'procedural {variant}' for variant in VARIANTS]
    assert {(job.type, tuple(job.needs)) for job in made.jobs.values()} == {('finetune', ('recipe',))}
    assert not made.missing


# --- what their records say -------------------------------------------------------------------------------------------

PROFILE = dataclasses.replace(find_profile('smoke'), epochs=2, variants=('cad',))


@pytest.fixture(scope='module')
def records(tmp_path_factory):
    """Records of the tables of three studies on a handful of objects, by row and column."""
    planner, names = Planner(PROFILE, pattern='recon'), ('contrastive_test_loss', 'samples_seen', 'attention_distance')
    tables = [table for name in names for table in SUITES[name].plan(planner)]
    jobs = [job for table in tables for job in table.jobs.values()]
    kept = finish(jobs, tmp_path_factory.mktemp('studies')).store.results
    assert all(figure.metric in kept[figure.key].record.metrics for table in tables for figure in table.figures)
    return [{(f.row, f.column): kept[f.key].record for f in table.figures} for table in tables]


@pytest.mark.slow
def test_the_loss_says_what_it_was_measured_on_and_after_how_long(records):
    found, contrast, beside, *_ = records
    first, last = (found['ReCon', f'epoch {epoch}'] for epoch in (1, 2))
    assert (first.protocol.epoch_selection, last.protocol.epoch_selection) == ('', 'last')
    assert first.protocol['epoch'].startswith('1 of 2')
    assert (first.pretraining['epoch'], first.pretraining.epochs) == (1, 2)
    assert first.weights_digest != last.weights_digest
    assert first.metrics['loss'] != last.metrics['loss']
    assert first.metrics['loss_constant'] == last.metrics['loss_constant']
    assert first.metrics['loss'] == pytest.approx(first.metrics['loss/image'] + first.metrics['loss/text'])
    assert first.dataset.split == 'val'
    assert first.dataset.classes == 33
    assert first.dataset.samples == 33
    assert first.protocol['loss'] == 'smooth_l1'
    assert first.protocol.points == 512
    assert contrast['ReCon', 'epoch 1'].key == first.key
    assert beside['ReCon', 'epoch 1'].weights_digest == first.weights_digest
    assert beside['ReCon', 'epoch 1'].protocol['epoch'] == first.protocol['epoch']
    assert beside['ReCon', 'epoch 1'].protocol.epoch_selection == ''
    assert beside['ReCon', 'epoch 2'].weights_digest == last.weights_digest
    assert beside['from scratch', 'epoch 1'].key == beside['from scratch', 'epoch 2'].key


@pytest.mark.slow
def test_samples_seen_are_measured_on_the_way_and_at_the_end(records):
    _, _, beside, svm, shots, *_ = records
    for found in (svm, shots):
        half, whole = (found['ReCon', f'{samples} samples'] for samples in (64, 128))
        assert half.weights_digest == beside['ReCon', 'epoch 1'].weights_digest
        assert whole.weights_digest == beside['ReCon', 'epoch 2'].weights_digest
        assert (half.protocol.epoch_selection, whole.protocol.epoch_selection) == ('', 'last')
        assert 'epoch' not in whole.protocol.model_dump(exclude_unset=True)
        assert found['from scratch', '64 samples'].key == found['from scratch', '128 samples'].key


@pytest.mark.slow
def test_attention_is_that_of_the_pretrained_weights(records):
    found = records[-1]
    local, random = found['ReCon, local stream', 'layer 6'], found['random weights, queries', 'layer 6']
    assert found['ReCon, global stream', 'layer 6'].key == local.key
    assert local.weights_digest
    assert not random.weights_digest
    assert local.metrics['spread/layer_6'] != random.metrics['spread/layer_6']
    trained = ('image', 'text')
    assert local.metrics['spread/layer_6'] == pytest.approx(
        sum(local.metrics[f'spread/layer_6/{name}'] for name in trained) / 2
    )
    assert local.metrics['even'] == pytest.approx(random.metrics['even'])
    assert local.dataset.samples == 33
