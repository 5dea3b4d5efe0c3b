from __future__ import annotations

import json

import pytest

import zoo
from benchmarks.records.schema import line_of
from benchmarks.run.graph import all_jobs
from benchmarks.suites.everything import SUITES
from benchmarks.suites.job import KINDS
from benchmarks.suites.profiles import PROFILES, find_profile
from benchmarks.suites.setup import Setup
from benchmarks.suites.suite import GROUPS, find, suite
from zoo.errors import UsageError


@pytest.fixture(autouse=True)
def _no_data(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))


@pytest.mark.parametrize('profile', ['smoke', 'laptop'])
@pytest.mark.parametrize('name', SUITES)
def test_every_suite_plans_tables_of_jobs_that_can_run(profile, name):
    setup = Setup(find_profile(profile))
    sheets = SUITES[name].plan(setup)
    assert sheets
    for sheet in sheets:
        assert sheet.figures
        assert {figure.row for figure in sheet.figures} <= set(sheet.rows)
        assert sheet.reference in ('', *sheet.rows)
        kept = line_of(json.loads(sheet.plan(profile, name).model_dump_json()))
        assert kept == sheet.plan(profile, name)
        assert [figure.key for figure in kept.figures] == [figure.job.key for figure in sheet.figures]
        for job in all_jobs(figure.job for figure in sheet.figures):
            assert job.kind in KINDS
            assert job.seconds > 0


def test_the_design_is_complete():
    by_group = {group: {entry.name for entry in SUITES.values() if entry.group == group} for group in GROUPS}
    assert by_group['suite'] >= {
        'scanobjectnn', 'modelnet40', 'modelnet10', 'few_shot', 'zero_shot', 'svm', 'frozen', 'robustness', 'sizes'
    }  # fmt: skip
    names = ('fusion', 'teacher', 'stop_gradient', 'local_teacher', 'loss', 'mask')
    assert by_group['table'] == {f'ablation_{name}' for name in names}
    assert by_group['study'] >= {'data_curve', 'contrastive_test_loss', 'attention_distance'}
    for profile in PROFILES.values():
        assert set(profile.suites) <= set(SUITES)


def test_absent_data_is_named_with_the_way_to_get_it_and_its_substitute_in_the_notes():
    (sheet,) = SUITES['scanobjectnn'].plan(Setup(find_profile('laptop')))
    assert any('ScanObjectNN' in title for title in sheet.missing)
    assert all(sheet.missing.values())
    assert any('ProceduralShapes' in note and 'substitute' in note for note in sheet.notes)


def test_absent_pretraining_data_leaves_random_weights_and_says_so():
    (sheet,) = SUITES['svm'].plan(Setup(find_profile('paper')))
    assert any('ShapeNet55' in title for title in sheet.missing)
    assert {figure.row for figure in sheet.figures} == {'from scratch', 'PointNet from scratch'}
    assert 'recon-base' in sheet.rows


def test_the_curve_shares_its_last_point_with_the_leaderboard():
    setup = Setup(find_profile('laptop'))
    (curve,) = SUITES['data_curve'].plan(setup)
    assert curve.columns == ['10 %', '25 %', '50 %', '75 %', '90 %', '100 %']
    (board,) = SUITES['leaderboard'].plan(setup)
    keys = {figure.job.key for figure in board.figures}
    assert all(figure.job.key in keys for figure in curve.figures if figure.column == '100 %')


def test_zero_shot_is_measured_on_classes_that_no_pretraining_saw():
    (sheet,) = SUITES['zero_shot'].plan(Setup(find_profile('laptop')))
    for figure in sheet.figures:
        unseen = set(figure.job.settings['test']['classes'])
        seen = set(figure.job.needs['weights'].settings['dataset']['classes'])
        assert unseen
        assert not unseen & seen


@pytest.mark.slow
def test_the_demo_measures_released_weights_and_pretrains_one_method():
    setup = Setup(find_profile('demo'))
    (board,) = SUITES['leaderboard'].plan(setup)
    jobs = {figure.job.needs['weights'] for figure in board.figures if figure.job.needs}
    assert {job.kind for job in jobs} == {'released'}
    assert {job.settings['name'] for job in jobs} == set(zoo.list_models('*-nano_procedural', pretrained=True))
    (live,) = SUITES['live'].plan(setup)
    trained = {job.key for figure in live.figures for job in figure.job.needs.values() if job.kind == 'pretrain'}
    assert len(trained) == 1


def test_ablations_change_one_thing_and_their_first_row_is_the_method_itself():
    setup = Setup(find_profile('laptop'))
    base = {f.job.key for sheet in SUITES['svm'].plan(setup) for f in sheet.figures if f.row == 'recon-nano'}
    for name in ('teacher', 'stop_gradient', 'local_teacher', 'loss', 'mask'):
        (sheet,) = SUITES[f'ablation_{name}'].plan(setup)
        first = {f.job.key for f in sheet.figures if f.row == sheet.reference and f.job.kind == 'svm'}
        assert first <= base
        weights = {f.row: f.job.needs['weights'].key for f in sheet.figures if 'weights' in f.job.needs}
        assert len(set(weights.values())) == len(weights) > 1


def test_a_pattern_leaves_out_what_does_not_fit():
    setup = Setup(find_profile('laptop'), pattern='point-mae')
    assert SUITES['ablation_mask'].plan(setup) == []
    (sheet,) = SUITES['svm'].plan(setup)
    assert sheet.rows == ['from scratch', 'PointNet from scratch', 'point-mae-nano']


def test_asking_for_a_name_of_another_group_says_which():
    assert find('table', 'ablation_mask').name == 'ablation_mask'
    with pytest.raises(UsageError, match='--table ablation_mask'):
        find('suite', 'ablation_mask')
    with pytest.raises(ValueError, match='svm'):
        suite('svm')(lambda setup: [])
    with pytest.raises(ValueError, match='plot'):
        suite('new', 'plot')


@pytest.mark.parametrize('name', [name for name, entry in SUITES.items() if entry.group == 'suite'])
def test_every_suite_has_the_reference_rows(name):
    """Random weights, PointNet and Point-MAE, as far as they can be measured so."""
    reasons = {
        'zero_shot': 'random weights have no text query and Point-MAE has none',
        'live': 'one method beside random weights, all that is trained while a newcomer waits',
        'sizes': 'sizes of one method',
    }
    rows = {'from scratch', 'PointNet from scratch', 'point-mae-nano'}
    if name == 'shapenetpart':
        rows.remove('PointNet from scratch')  # parts are read off patch tokens
    if name == 'paper_protocols':
        rows.remove('PointNet from scratch')  # habits of released code that trains a class token
    for sheet in SUITES[name].plan(Setup(find_profile('smoke'))) if name not in reasons else ():
        assert sheet.rows[0] == 'from scratch'
        assert rows <= {figure.row for figure in sheet.figures}, sheet.name
