"""The jobs of both studies on a handful of objects, with what their records say."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.run.graph import all_jobs
from benchmarks.run.results import Results
from benchmarks.run.worker import serve
from benchmarks.suites.everything import SUITES
from benchmarks.suites.profiles import find_profile
from benchmarks.suites.setup import Setup
from tests.benchmarks.run.test_worker import order

pytestmark = pytest.mark.slow

PROFILE = dataclasses.replace(find_profile('smoke'), epochs=2, variants=('cad',))


@pytest.fixture(scope='module')
def sheets():
    setup = Setup(PROFILE, pattern='recon')
    return [sheet for name in ('contrastive_test_loss', 'attention_distance') for sheet in SUITES[name].plan(setup)]


@pytest.fixture(scope='module')
def results(tmp_path_factory, sheets):
    found = Results(tmp_path_factory.mktemp('studies'))
    for job in all_jobs(figure.job for sheet in sheets for figure in sheet.figures):
        answer = serve(found, order(job))
        assert answer['state'] == 'done', answer
    return found


def records(results, sheet):
    return {(f.row, f.column): (results.record(f.job.key), f.metric) for f in sheet.figures}


def test_every_figure_of_the_sheets_is_in_its_record(results, sheets):
    for sheet in sheets:
        for record, metric in records(results, sheet).values():
            assert metric in record.metrics


def test_the_loss_says_what_it_was_measured_on_and_after_how_long(results, sheets):
    loss, contrast, accuracy, _ = sheets
    found = records(results, loss)
    first, last = (found['ReCon', f'epoch {epoch}'][0] for epoch in (1, 2))
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
    assert records(results, contrast)['ReCon', 'epoch 1'][0].key == first.key
    beside = records(results, accuracy)
    assert beside['ReCon', 'epoch 1'][0].weights_digest == first.weights_digest
    assert beside['ReCon', 'epoch 1'][0].protocol['epoch'] == first.protocol['epoch']
    assert beside['ReCon', 'epoch 1'][0].protocol.epoch_selection == ''
    assert beside['ReCon', 'epoch 2'][0].weights_digest == last.weights_digest
    assert beside['from scratch', 'epoch 1'][0].key == beside['from scratch', 'epoch 2'][0].key


def test_attention_is_that_of_the_pretrained_weights(results, sheets):
    found = records(results, sheets[-1])
    local, random = found['ReCon, local stream', 'layer 6'][0], found['random weights, queries', 'layer 6'][0]
    assert found['ReCon, global stream', 'layer 6'][0].key == local.key
    assert local.weights_digest
    assert not random.weights_digest
    assert local.metrics['spread/layer_6'] != random.metrics['spread/layer_6']
    trained = ('image', 'text')
    assert local.metrics['spread/layer_6'] == pytest.approx(
        sum(local.metrics[f'spread/layer_6/{name}'] for name in trained) / 2
    )
    assert local.metrics['even'] == pytest.approx(random.metrics['even'])
    assert local.dataset.samples == 33
