"""Jobs of part segmentation, and the suite that plans them."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.protocols.base import Context, Data, Student
from benchmarks.protocols.part_seg import PAPER_CONFIG, PartSegmentation
from benchmarks.run.graph import all_jobs
from benchmarks.run.results import Results
from benchmarks.run.worker import serve
from benchmarks.suites.everything import SUITES
from benchmarks.suites.plans.part_seg import CLASSES, built_in_parts, part_seg_job, shape_net_part
from benchmarks.suites.profiles import METHODS, find_profile
from benchmarks.suites.setup import Setup
from benchmarks.suites.students import Model
from tests.benchmarks.run.test_worker import order
from tests.datasets.layouts.writers_shapenetpart import NUM_PARTS, write_shapenetpart
from zoo.datasets.layouts.shapenetpart_names import PARTS
from zoo.hub import backbone_config


def options_of(job, train, test, rate):
    settings, context = job.settings, Context(job.settings['points'])
    return PartSegmentation.of(settings).options(Student(settings['student']), Data(train, test), context, rate)


SMOKE = find_profile('smoke')


@pytest.fixture(autouse=True)
def _no_data(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))


def test_random_weights_are_measured_at_a_rate_chosen_on_the_validation_split(tmp_path):
    setup, results = Setup(dataclasses.replace(SMOKE, rates=(1e-3, 2e-3))), Results(tmp_path)
    job = part_seg_job(setup, setup.baseline, built_in_parts(setup.profile), 0)
    for needed in all_jobs([job]):
        answer = serve(results, order(needed))
        assert answer['state'] == 'done', answer
    record = results.record(job.key)
    assert record.model == 'from scratch'
    assert record.protocol.name == 'part_seg'
    assert record.protocol.points == 128
    assert 'instance mIoU' in record.protocol['recipe_selection']
    assert 'validation split' in record.protocol['recipe_selection']
    assert record.protocol['lr'] in (1e-3, 2e-3)
    assert record.dataset.samples == 18
    assert record.dataset.train_samples == 18
    assert set(record.per_class) == set(CLASSES)
    predictions = results.predictions(job.key)
    assert record.metrics['instance_miou'] == pytest.approx(100 * predictions.score.mean(), abs=1e-3)
    assert not list(tmp_path.rglob('*.pth'))


def test_the_suite_has_both_figures_for_every_row_and_names_its_substitute():
    setup = Setup(find_profile('laptop'))
    (sheet,) = SUITES['shapenetpart'].plan(setup)
    assert sheet.columns == ['procedural cad-9, instance mIoU', 'procedural cad-9, class mIoU']
    assert {figure.metric for figure in sheet.figures} == {'instance_miou', 'class_miou'}
    assert {figure.row for figure in sheet.figures} == set(sheet.rows)
    assert len(sheet.rows) == 1 + len(METHODS)
    by_column = [{f.job.key for f in sheet.figures if f.column == column} for column in sheet.columns]
    assert by_column[0] == by_column[1]
    assert any('ShapeNetPart' in title for title in sheet.missing)
    assert any('substitute' in note for note in sheet.notes)
    recipes = {figure.job.needs['recipe'].key for figure in sheet.figures}
    assert len(recipes) == 1
    recipe = sheet.figures[0].job.needs['recipe'].settings
    assert 'test' not in recipe
    assert recipe['val']['split'] == 'val'
    seconds = max(figure.job.seconds for figure in sheet.figures)
    assert seconds < 30


def test_substitute_classes_stand_in_the_official_list():
    official = {name.lower() for name in PARTS} | {'cup'}
    assert set(CLASSES) <= official
    source = built_in_parts(SMOKE)
    for part in (source.train, source.val, source.test):
        assert part['num_objects'] % len(CLASSES) == 0


def test_the_official_set_takes_the_settings_of_the_papers(tmp_path):
    write_shapenetpart(tmp_path)
    setup = Setup(find_profile('laptop'))
    (sheet,) = SUITES['shapenetpart'].plan(setup)
    assert sheet.columns == ['shapenetpart, instance mIoU', 'shapenetpart, class mIoU']
    assert not sheet.missing
    job = sheet.figures[0].job
    assert job.settings['config'] == PAPER_CONFIG
    assert 'recipe' not in job.needs
    assert (job.settings['train']['split'], job.settings['test']['split']) == ('trainval', 'test')
    assert (job.settings['train']['sampling'], job.settings['test']['sampling']) == ('random', 'fixed')
    source = shape_net_part()
    options = options_of(job, source.train, source.test, None)
    assert options['model.parts'] == list(NUM_PARTS)
    assert options['model.numbered'] == 'through'
    assert not any('lr' in key or 'epochs' in key for key in options)


def test_of_two_towers_one_is_built():
    setup = Setup(SMOKE)
    source = built_in_parts(SMOKE)
    job = part_seg_job(setup, Model('two', 'two-tower-nano'), source, 0)
    options = options_of(job, source.test, source.test, 1e-3)
    assert (options['model.backbone.num_groups'], options['model.backbone.group_size']) == (32, 16)
    other = part_seg_job(setup, Model('one', 'recon-nano'), source, 0)
    assert options_of(other, source.test, source.test, 1e-3)['model.backbone.num_groups'] == 32
    assert backbone_config('two-tower-nano', 'segment')['streams'] == 'local'
