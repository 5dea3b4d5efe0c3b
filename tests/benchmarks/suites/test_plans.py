from __future__ import annotations

import json

import pytest

import zoo
from benchmarks.protocols.base import Context, Data, Student
from benchmarks.protocols.few_shot_finetune import EPOCHS
from benchmarks.protocols.paper.votes import REPETITIONS
from benchmarks.protocols.part_seg import PAPER_CONFIG, PartSegmentation
from benchmarks.records.schema import line_of
from benchmarks.run.plan import list_text
from benchmarks.suites.catalog import all_suites, find_suite
from benchmarks.suites.job import in_order
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.paper import Habits
from benchmarks.suites.plans.part_seg import CLASSES, built_in_parts, part_seg_job, shape_net_part
from benchmarks.suites.profiles import METHODS, PROFILES, find_profile
from benchmarks.suites.students import Model
from benchmarks.suites.table import GROUPS, suite
from tests.datasets.layouts.writers_shapenetpart import NUM_PARTS, write_shapenetpart
from zoo.datasets.layouts.shapenetpart_names import PARTS
from zoo.errors import UsageError
from zoo.hub import backbone_config

SUITES = all_suites()
SMOKE, LAPTOP = (Planner(find_profile(name)) for name in ('smoke', 'laptop'))


@pytest.fixture(autouse=True)
def _no_data(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))


def of_types(*tables):
    """Types of the jobs of tables."""
    return {job.type for table in tables for job in table.jobs.values()}


@pytest.mark.parametrize('planner', [SMOKE, LAPTOP], ids=['smoke', 'laptop'])
@pytest.mark.parametrize('name', SUITES)
def test_every_suite_plans_tables_of_jobs_that_can_run(planner, name):
    tables = SUITES[name].plan(planner)
    assert tables
    for table in tables:
        assert {figure.row for figure in table.figures} <= set(table.rows)
        assert table.reference in ('', *table.rows)
        table.profile, table.suite = planner.profile.name, name
        kept = line_of(json.loads(table.stored().model_dump_json()))
        assert kept == table.stored()
        assert {figure.key for figure in kept.figures} == set(table.jobs) != set()
        assert all(job.seconds > 0 for job in in_order(list(table.jobs.values())))
        # Habits of released code stand in no other table.
        habits = {'best_epoch', 'best_of_seeds', 'vote', 'cls_trains', 'few_shot_finetune'}
        assert name == 'paper_protocols' or not of_types(table) & habits


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
    for table in SUITES[name].plan(SMOKE) if name not in reasons else ():
        assert table.rows[0] == 'from scratch'
        assert rows <= {figure.row for figure in table.figures}, table.name


def test_the_design_is_complete_and_listed():
    by_group = {group: {entry.name for entry in SUITES.values() if entry.group == group} for group in GROUPS}
    assert by_group['suite'] >= {
        'scanobjectnn', 'modelnet40', 'modelnet10', 'few_shot', 'zero_shot', 'svm', 'frozen', 'robustness', 'sizes'
    }  # fmt: skip
    names = ('fusion', 'teacher', 'stop_gradient', 'local_teacher', 'loss', 'mask')
    assert by_group['table'] == {f'ablation_{name}' for name in names}
    assert by_group['study'] >= {
        'data_curve', 'data_curve_steps', 'samples_seen', 'contrastive_test_loss', 'attention_distance',
        'corruption_errors', 'scan_variants',
    }  # fmt: skip
    for profile in PROFILES.values():
        assert set(profile.suites) <= set(SUITES)
    text = list_text()
    assert text.index('--suite') < text.index('leaderboard') < text.index('--table') < text.index('--study')
    assert all(entry.about in text and entry.about for entry in SUITES.values())


def test_absent_data_is_named_with_the_way_to_get_it_and_its_substitute_in_the_notes():
    (table,) = SUITES['scanobjectnn'].plan(LAPTOP)
    assert any('ScanObjectNN' in title for title in table.missing)
    assert all(table.missing.values())
    assert any('ProceduralShapes' in note and 'substitute' in note for note in table.notes)


def test_absent_pretraining_data_leaves_random_weights_and_says_so():
    (table,) = SUITES['svm'].plan(Planner(find_profile('paper')))
    assert any('ShapeNet55' in title for title in table.missing)
    assert {figure.row for figure in table.figures} == {'from scratch', 'PointNet from scratch'}
    assert 'recon-base' in table.rows


def test_the_curve_shares_its_last_point_with_the_leaderboard():
    (curve,) = SUITES['data_curve'].plan(LAPTOP)
    assert curve.columns == ['10 %', '25 %', '50 %', '75 %', '90 %', '100 %']
    (board,) = SUITES['leaderboard'].plan(LAPTOP)
    assert all(figure.key in board.jobs for figure in curve.figures if figure.column == '100 %')


def test_less_data_is_seen_more_often_where_steps_are_equal():
    steps, epochs = ({(f.row, f.column, f.seed): f.key for f in plan.figures} for plan in (
        SUITES[name].plan(LAPTOP)[0] for name in ('data_curve_steps', 'data_curve')))  # fmt: skip
    assert steps.keys() == epochs.keys()
    same = {place for place in steps if steps[place] == epochs[place]}
    assert same == {place for place in steps if place[1] == '100 %' or place[0] == 'from scratch'}
    (curve,) = SUITES['data_curve_steps'].plan(LAPTOP)
    for job in curve.jobs.values():
        if run := job.needs.get('weights'):
            seen = run.settings['epochs'] * run.settings['fraction'] / 100
            assert seen == pytest.approx(LAPTOP.profile.epochs, rel=0.05)


def test_claims_are_read_off_what_other_suites_measure():
    (table,) = SUITES['claims'].plan(LAPTOP)
    elsewhere = {key for name in SUITES if name != 'claims' for made in SUITES[name].plan(LAPTOP) for key in made.jobs}
    assert set(table.jobs) <= elsewhere
    assert {row[:2] for row in table.rows} == {'a.', 'b.', 'c.', 'd.', 'e.'}
    for row in table.rows:
        assert {figure.column for figure in table.figures if figure.row == row} == set(table.columns)
    # Without one of the two there is nothing to say.
    (recon,) = SUITES['claims'].plan(Planner(find_profile('laptop'), pattern='recon'))
    assert {row[:2] for row in recon.rows} == {'e.'}


def test_zero_shot_is_measured_on_classes_that_no_pretraining_saw():
    (table,) = SUITES['zero_shot'].plan(LAPTOP)
    for job in table.jobs.values():
        unseen = set(job.settings['test']['classes'])
        seen = set(job.needs['weights'].settings['dataset']['classes'])
        assert unseen
        assert not unseen & seen


@pytest.mark.slow
def test_the_demo_measures_released_weights_and_pretrains_one_method():
    planner = Planner(find_profile('demo'))
    (board,) = SUITES['leaderboard'].plan(planner)
    jobs = {job.needs['weights'] for job in board.jobs.values() if job.needs}
    assert {job.type for job in jobs} == {'released'}
    assert {job.settings['name'] for job in jobs} == set(zoo.list_models('*-nano_procedural', pretrained=True))
    (live,) = SUITES['live'].plan(planner)
    trained = {need.key for job in live.jobs.values() for need in job.needs.values() if need.type == 'pretrain'}
    assert len(trained) == 1


def test_ablations_of_what_learns_from_texts_ask_for_zero_shot():
    tables = {name: SUITES[f'ablation_{name}'].plan(LAPTOP)[0] for name in ('loss', 'teacher', 'mask', 'fusion')}
    rows = {
        name: {figure.row for figure in table.figures if 'zero-shot' in figure.column} for name, table in tables.items()
    }
    assert rows['loss'] == set(tables['loss'].rows) - {'from scratch'}
    assert rows['teacher'] == set(tables['teacher'].rows) - {'from scratch', 'image alone', 'neither'}
    assert not rows['mask'] | rows['fusion']


def test_ablations_change_one_thing_and_their_first_row_is_the_method_itself():
    base = {f.key for table in SUITES['svm'].plan(LAPTOP) for f in table.figures if f.row == 'recon-nano'}
    for name in ('teacher', 'stop_gradient', 'local_teacher', 'loss', 'mask'):
        (table,) = SUITES[f'ablation_{name}'].plan(LAPTOP)
        first = {f.key for f in table.figures if f.row == table.reference and table.jobs[f.key].type == 'svm'}
        assert first <= base
        needs = {f.row: table.jobs[f.key].needs for f in table.figures}
        weights = {row: need['weights'].key for row, need in needs.items() if 'weights' in need}
        assert len(set(weights.values())) == len(weights) > 1


def test_a_pattern_leaves_out_what_does_not_fit():
    planner = Planner(find_profile('laptop'), pattern='point-mae')
    (table,) = SUITES['svm'].plan(planner)
    assert table.rows == ['from scratch', 'PointNet from scratch', 'point-mae-nano']
    none = {
        'point-mae': ['ablation_mask'],
        'act': ['contrastive_test_loss', 'attention_distance', 'samples_seen', 'paper_protocols'],
    }
    for pattern, names in none.items():
        planner = Planner(find_profile('laptop'), pattern=pattern)
        assert not any(SUITES[name].plan(planner) for name in names)


def test_asking_for_a_name_of_another_group_says_which():
    assert find_suite('table', 'ablation_mask').name == 'ablation_mask'
    with pytest.raises(UsageError, match='--table ablation_mask'):
        find_suite('suite', 'ablation_mask')
    with pytest.raises(ValueError, match='svm'):
        suite('svm')(lambda planner: [])
    with pytest.raises(ValueError, match='plot'):
        suite('new', 'plot')


# --- habits of released code ------------------------------------------------------------------------------------------


def test_habits_without_any_data_say_how_to_get_it():
    with pytest.raises(UsageError, match=r'ScanObjectNN PB_T50_RS is not there: .*; .*shapedb69.* is not there: put'):
        SUITES['paper_protocols'].plan(Planner(find_profile('packs'), packs=None))


def test_clean_figures_stand_beside_every_habit_and_share_their_jobs():
    made, gains = SUITES['paper_protocols'].plan(LAPTOP)
    assert made.rows == gains.rows == ['from scratch', 'point-mae-nano', 'recon-nano']
    jobs = {figure.column: made.jobs[figure.key] for figure in made.figures}
    assert [jobs[title].type for title in made.columns] == [
        'finetune', 'best_epoch', 'best_of_seeds', 'vote', 'vote', 'probe', 'cls_trains', 'few_shot',
        'few_shot_finetune',
    ]  # fmt: skip
    assert {figure.metric for figure in gains.figures} == {'oa_gain'}
    clean = {key for key, job in made.jobs.items() if job.type in ('finetune', 'probe', 'few_shot')}
    others = [SUITES[name].plan(LAPTOP) for name in ('scanobjectnn', 'frozen', 'few_shot')]
    assert clean <= {key for tables in others for table in tables for key in table.jobs}
    assert any('299' in note and 'it is 5' in note for note in made.notes)


def test_the_paper_takes_its_own_numbers():
    planner = Planner(find_profile('paper'))
    habits = Habits(planner, planner.source('procedural-pb_t50_rs'))
    assert len(habits.seeds) == 8
    assert (planner.profile.votes, planner.profile.fold_epochs) == (REPETITIONS, EPOCHS) == (299, 150)


# --- part segmentation ------------------------------------------------------------------------------------------------


def options_of(job, train, test, rate):
    settings, context = job.settings, Context(job.settings['points'])
    return PartSegmentation.of(settings).options(Student(settings['student']), Data(train, test), context, rate)


def test_parts_have_both_figures_for_every_row_and_a_named_substitute():
    (table,) = SUITES['shapenetpart'].plan(LAPTOP)
    assert table.columns == ['procedural cad-9, instance mIoU', 'procedural cad-9, class mIoU']
    assert {figure.metric for figure in table.figures} == {'instance_miou', 'class_miou'}
    assert {figure.row for figure in table.figures} == set(table.rows)
    assert len(table.rows) == 1 + len(METHODS)
    by_column = [{f.key for f in table.figures if f.column == column} for column in table.columns]
    assert by_column[0] == by_column[1]
    assert any('ShapeNetPart' in title for title in table.missing)
    assert any('substitute' in note for note in table.notes)
    recipes = {job.needs['recipe'].key: job.needs['recipe'] for job in table.jobs.values()}
    assert len(recipes) == len(table.rows)
    for recipe in recipes.values():
        assert 'test' not in recipe.settings
        assert recipe.settings['val']['split'] == 'val'
    assert max(job.seconds for job in table.jobs.values()) < 30
    assert {name.lower() for name in PARTS} | {'cup'} >= set(CLASSES)
    source = built_in_parts(SMOKE.profile)
    for part in (source.train, source.val, source.test):
        assert part['num_objects'] % len(CLASSES) == 0


def test_the_official_parts_take_the_settings_of_the_papers(tmp_path):
    write_shapenetpart(tmp_path)
    (table,) = SUITES['shapenetpart'].plan(LAPTOP)
    assert table.columns == ['shapenetpart, instance mIoU', 'shapenetpart, class mIoU']
    assert not table.missing
    job = next(iter(table.jobs.values()))
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
    source = built_in_parts(SMOKE.profile)
    for student in ('two-tower-nano', 'recon-nano'):
        options = options_of(part_seg_job(SMOKE, source, Model(student, student), 0), source.test, source.test, 1e-3)
        assert (options['model.backbone.num_groups'], options['model.backbone.group_size']) == (32, 16)
    assert backbone_config('two-tower-nano', 'segment')['streams'] == 'local'
