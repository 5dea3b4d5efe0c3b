"""Every protocol once as a job, on a handful of objects, with what its record says."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.protocols.corruption import Corruption, FrozenCorruption
from benchmarks.protocols.probe import Probe
from benchmarks.protocols.svm import SVM
from benchmarks.suites.job import Job
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.frozen import few_shot_job, unseen, zero_shot_job
from benchmarks.suites.plans.part_seg import CLASSES, built_in_parts, part_seg_job
from benchmarks.suites.plans.robustness import corruption_job
from benchmarks.suites.profiles import find_profile
from benchmarks.suites.students import Model
from tests.benchmarks.run.here import finish

pytestmark = pytest.mark.slow

RECON = Model('ReCon', 'recon-nano', {'model.mask.ratio': 0.5}, fraction=50)


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    profile = dataclasses.replace(find_profile('smoke'), rates=(1e-3, 2e-3), val_objects=43)
    planner = Planner(profile)
    source = planner.source('procedural-cad')
    corruption = corruption_job(planner, Corruption((5,)), source, RECON, 0)
    wanted = {
        'svm': planner.measure(SVM(), source, RECON, 0),
        'scratch': planner.measure(SVM(), source, planner.baseline, 0),
        'probe': planner.measure(Probe('mlp3', 2), source, RECON, 0),
        'few_shot': few_shot_job(planner, 5, 2, source, RECON, 0),
        'zero_shot': zero_shot_job(planner, unseen(planner, source), RECON, 0),
        'finetune': planner.finetune(source, RECON, 0),
        'frozen_corruption': planner.measure(FrozenCorruption((5,)), source, RECON, 0),
        'corruption': corruption,
        'corruption_errors': Job('corruption_errors', corruption.settings, {'own': corruption, 'other': corruption}),
        'part_seg': part_seg_job(planner, built_in_parts(profile), planner.baseline, 0),
    }
    out = tmp_path_factory.mktemp('jobs')
    results = finish(wanted.values(), out)
    assert not list(out.rglob('*.pth'))
    return {name: results.store.results[job.key] for name, job in wanted.items()}


@pytest.fixture(scope='module')
def records(finished):
    return {name: result.record for name, result in finished.items()}


def test_every_record_says_how_it_came_about(records, finished):
    for name, record in records.items():
        assert record.source == 'measured'
        assert record.protocol.voting == 'none'
        assert record.protocol.epoch_selection == 'last'
        assert record.protocol.points == 128
        assert record.dataset.name == 'ProceduralShapes'
        assert record.dataset.split == 'test'
        assert record.dataset.fingerprint
        assert record.dataset.samples > 0
        assert record.config_sha256 or name in ('scratch', 'part_seg')
        assert (finished[name].unpacked is None) == (name in ('few_shot', 'corruption_errors'))
        assert 0 <= record.metrics['instance_miou' if name == 'part_seg' else 'oa'] <= 100


def test_the_pretraining_stands_in_the_record_with_its_changes(records):
    for name in ('scratch', 'part_seg'):
        assert (records[name].model, records[name].weights) == ('from scratch', 'scratch')
        assert not records[name].pretraining
    assert records['scratch'].protocol['norm_clouds'] == 128
    assert 'norm_clouds' not in records['svm'].protocol
    for name in set(records) - {'scratch', 'part_seg'}:
        about = records[name].pretraining
        assert records[name].model == 'recon-nano (50% of the data, model.mask.ratio=0.5)'
        assert about.fraction == 0.5
        assert about['objects'] == 33
        assert len(about['classes']) == 33
        assert records[name].dataset['seen_classes'] == (0 if name == 'zero_shot' else 33)
        assert records[name].dataset.seen_objects == 0
        assert '33 of 43 classes' in about.data
        assert 'EfficientNet-Lite0' in about.teachers
        assert about['options'] == {'model.mask.ratio': '0.5'}
        assert records[name].weights_digest


def test_the_rate_was_chosen_on_the_validation_split(records):
    for name, words in (('finetune', 'validation split'), ('part_seg', 'instance mIoU')):
        protocol = records[name].protocol
        assert all(part in protocol['recipe_selection'] for part in ('validation split', words))
        assert set(protocol['recipe_tried']) == {'0.001', '0.002'}
        best = max(protocol['recipe_tried'], key=protocol['recipe_tried'].get)
        assert protocol['lr'] == float(best)


def test_the_robust_one_is_the_fine_tuned_one_or_the_plain_svm(records):
    assert records['corruption'].metrics['oa'] == pytest.approx(records['finetune'].metrics['oa'])
    assert records['frozen_corruption'].metrics['oa'] == records['svm'].metrics['oa']
    assert records['frozen_corruption'].protocol.name == 'corruption_svm'
    assert records['frozen_corruption'].protocol['train_samples'] == records['svm'].dataset.train_samples
    for name in ('corruption', 'frozen_corruption'):
        assert len([metric for metric in records[name].metrics if metric.endswith('/5')]) == 7
    assert records['corruption_errors'].metrics['mce'] == 1


def test_zero_shot_reads_the_names_of_the_unseen_classes(records):
    assert records['zero_shot'].dataset.classes == 10
    assert records['zero_shot'].dataset.samples == 20
    assert not records['zero_shot'].dataset.train_fingerprint


def test_parts_are_segmented_of_the_common_classes(records, finished):
    record = records['part_seg']
    assert record.protocol.name == 'part_seg'
    assert (record.dataset.samples, record.dataset.train_samples) == (18, 18)
    assert set(record.per_class) == set(CLASSES)
    score = finished['part_seg'].unpacked.score
    assert record.metrics['instance_miou'] == pytest.approx(100 * score.mean(), abs=1e-3)
