"""Every kind of job once, on a handful of objects, with what its record says."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.protocols.corruption import Corruption, FrozenCorruption
from benchmarks.protocols.probe import Probe
from benchmarks.protocols.svm import SVM
from benchmarks.run.graph import all_jobs
from benchmarks.run.results import Results
from benchmarks.run.worker import serve
from benchmarks.suites.everything import SUITES
from benchmarks.suites.job import Job
from benchmarks.suites.plans.few_shot import few_shot_job
from benchmarks.suites.plans.zero_shot import unseen, zero_shot_job
from benchmarks.suites.profiles import find_profile
from benchmarks.suites.setup import Setup
from benchmarks.suites.students import Model
from tests.benchmarks.run.test_worker import order

pytestmark = pytest.mark.slow

RECON = Model('ReCon', 'recon-nano', {'model.mask.ratio': 0.5}, fraction=50)


def planned(setup):
    assert SUITES
    source = setup.source('procedural-cad')
    tuned = setup.finetune(RECON, source, 0)
    corrupted = setup.measure(Corruption((5,)), RECON, source, 0)
    return {
        'svm': setup.measure(SVM(), RECON, source, 0),
        'scratch': setup.measure(SVM(), setup.baseline, source, 0),
        'probe': setup.measure(Probe('mlp3', 2), RECON, source, 0),
        'few_shot': few_shot_job(setup, RECON, source, 0, 5, 2),
        'zero_shot': zero_shot_job(setup, RECON, unseen(setup, 'cad'), 0),
        'finetune': tuned,
        'frozen_corruption': setup.measure(FrozenCorruption((5,)), RECON, source, 0),
        'corruption': (corruption := dataclasses.replace(corrupted, needs={'classifier': tuned})),
        'corruption_errors': Job(
            'corruption_errors', corruption.settings, {'own': corruption, 'reference:0': corruption}
        ),
    }


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    results = Results(tmp_path_factory.mktemp('kinds'))
    profile = dataclasses.replace(find_profile('smoke'), rates=(1e-3, 2e-3), val_objects=43)
    wanted = planned(Setup(profile))
    for job in all_jobs(wanted.values()):
        answer = serve(results, order(job))
        assert answer['state'] == 'done', answer
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
        assert record.config_sha256 or name == 'scratch'
        assert (finished[name].unpacked is None) == (name in ('few_shot', 'corruption_errors'))
        assert 0 <= record.metrics['oa'] <= 100


def test_the_pretraining_stands_in_the_record_with_its_changes(records):
    assert records['scratch'].model == records['scratch'].weights.replace('scratch', 'from scratch')
    assert not records['scratch'].pretraining
    assert records['scratch'].protocol['norm_clouds'] == 128
    assert 'norm_clouds' not in records['svm'].protocol
    for name in set(records) - {'scratch'}:
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
    said = records['finetune'].protocol['recipe_selection']
    assert 'validation split' in said
    assert '0.001' in said
    assert '0.002' in said
    assert records['finetune'].protocol['lr'] in (1e-3, 2e-3)


def test_the_robust_one_is_the_fine_tuned_one(records):
    assert records['corruption'].metrics['oa'] == pytest.approx(records['finetune'].metrics['oa'])
    assert len([name for name in records['corruption'].metrics if name.endswith('/5')]) == 7
    assert records['corruption_errors'].metrics['mce'] == 1


def test_frozen_features_under_corruptions_begin_as_the_plain_svm(records):
    found = records['frozen_corruption']
    assert found.metrics['oa'] == records['svm'].metrics['oa']
    assert found.protocol.name == 'corruption_svm'
    assert found.protocol['train_samples'] == records['svm'].protocol['train_samples']
    assert len([name for name in found.metrics if name.endswith('/5')]) == 7


def test_zero_shot_reads_the_names_of_the_unseen_classes(records):
    assert records['zero_shot'].dataset.classes == 10
    assert records['zero_shot'].dataset.samples == 20
    assert not records['zero_shot'].dataset.train_fingerprint
