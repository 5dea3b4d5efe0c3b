from __future__ import annotations

import dataclasses

import pytest

from benchmarks.protocols.knn import KNN
from benchmarks.protocols.svm import SVM
from benchmarks.suites.catalog import all_suites
from benchmarks.suites.corpus import find_corpus
from benchmarks.suites.data import LABEL_SEED, PRETRAIN_SEED, UNSEEN, built_in, official, pack, seen_classes
from benchmarks.suites.job import in_order
from benchmarks.suites.planner import Planner
from benchmarks.suites.profiles import PROFILES, find_profile
from benchmarks.suites.students import Model, pretraining_config, supervision, tokenizers
from tests.benchmarks.suites.test_corpus import write_packs
from zoo.errors import UsageError

SMOKE = find_profile('smoke')


def test_no_unseen_class_and_no_labeled_object_is_in_the_pretraining_data():
    assert len(UNSEEN) == 10
    assert len(seen_classes()) == 33
    assert not set(seen_classes()) & set(UNSEEN)
    for profile in PROFILES.values():
        made = find_corpus('procedural', profile)
        assert set(made.config['classes']) == set(seen_classes())
        assert profile.objects % len(seen_classes()) == 0
    assert PRETRAIN_SEED != LABEL_SEED
    source = built_in(SMOKE, 'cad')
    assert {source.train['seed'], source.val['seed'], source.test['seed']} == {LABEL_SEED}
    assert len({source.train['split'], source.val['split'], source.test['split']}) == 3


def test_what_is_absent_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path))
    for source in (official('modelnet40'), official('scanobjectnn-pb_t50_rs'), pack('shapedb69', None, SMOKE)):
        assert source.get
    assert find_corpus('shapenet55', SMOKE).get
    with pytest.raises(UsageError, match='procedural'):
        find_corpus('nothing', SMOKE)


def test_a_pack_is_found_in_its_folder(tmp_path):
    place = tmp_path / 'shapedb69' / 'points2048.npz'
    place.parent.mkdir()
    place.write_bytes(b'')
    found = pack('shapedb69', tmp_path, SMOKE)
    assert not found.get
    assert found.train['points'] == str(place)


def test_few_test_objects_mean_few_queries(tmp_path):
    write_packs(tmp_path)
    planner = Planner(find_profile('packs'), pattern='recon-nano', packs=tmp_path)
    (table,) = [table for table in all_suites()['few_shot'].plan(planner) if table.name == 'few_shot_shapedb69']
    assert {job.settings['queries'] for job in table.jobs.values()} == {5}


def test_one_pretraining_serves_all_measurements():
    planner = Planner(SMOKE)
    model, source = Model('ReCon', 'recon-nano'), planner.source('procedural-cad')
    same = Model('another label', 'recon-nano')
    jobs = in_order([planner.measure(SVM(), source, model, 0), planner.measure(KNN(), source, same, 0)])
    assert [job.type for job in jobs].count('pretrain') == 1
    changed = Model('ReCon', 'recon-nano', {'model.mask.ratio': 0.8})
    part = dataclasses.replace(model, fraction=50)
    assert len({planner.pretraining(entry, 0).key for entry in (model, same, changed, part)}) == 3


def test_seeds_of_the_command_line_pretrain_anew():
    model = Model('ReCon', 'recon-nano')
    laptop = Planner(find_profile('laptop'))
    assert len({laptop.pretraining(model, seed).key for seed in laptop.seeds}) == 1
    asked = Planner(find_profile('laptop'), num_seeds=4)
    assert len({asked.pretraining(model, seed).key for seed in asked.seeds}) == 4


def test_a_recipe_is_chosen_before_fine_tuning_and_by_no_test_object():
    planner = Planner(SMOKE)
    job = planner.finetune(planner.source('procedural-cad'), Model('ReCon', 'recon-nano'), 0)
    recipe = job.needs['recipe']
    assert 'test' not in recipe.settings
    assert recipe.settings['val']['split'] == 'val'
    assert recipe.settings['student'] == 'recon-nano'
    assert recipe.needs['weights'].key == planner.pretraining(Model('ReCon', 'recon-nano'), 0).key
    elsewhere = planner.finetune(planner.source('procedural-pb_t50_rs'), Model('ReCon', 'recon-nano'), 2)
    assert elsewhere.needs['recipe'].key == recipe.key
    scratch = planner.finetune(planner.source('procedural-cad'), Model('x', 'recon-nano', pretrained=False), 0)
    assert not scratch.needs['recipe'].needs
    assert scratch.needs['recipe'].key != recipe.key


def test_published_settings_choose_nothing():
    planner = Planner(find_profile('paper'))
    student = Model('from scratch', 'recon-base', pretrained=False)  # weights would ask for ShapeNet
    job = planner.finetune(planner.source('procedural-cad'), student, 0)
    assert 'recipe' in job.needs
    source = dataclasses.replace(planner.source('procedural-cad'), settings=official('modelnet40').settings)
    job = planner.finetune(source, student, 0)
    assert 'recipe' not in job.needs
    assert job.settings['recipe']['rate'] == 1e-5


def test_a_method_of_several_views_gets_them():
    datasets = {
        name: Planner(SMOKE).pretraining(Model(name, name), 0).settings['dataset']
        for name in ('recon-plus-nano', 'recon-nano', 'point-mae-nano')
    }
    assert datasets['recon-plus-nano'] == {**datasets['recon-nano'], 'views': 4}
    assert 'images' not in datasets['point-mae-nano']


def test_models_are_chosen_by_a_pattern():
    def chosen(pattern):
        first, *others = [model.student for model in Planner(SMOKE, pattern=pattern).models()]
        assert first == 'smc-pointnet-nano', 'a reference row that no pattern leaves out'
        return others

    assert chosen('re*') == ['recon-nano']
    assert chosen('*-nano') == [f'{method}-nano' for method in SMOKE.methods]
    assert chosen('cmc-dgcnn') == ['cmc-dgcnn-nano']
    assert chosen('point2vec') == ['point2vec-nano']
    assert pretraining_config('cmc-dgcnn-nano', {}, offline=True).model.backbone.type == 'DGCNN'
    with pytest.raises(UsageError, match=r'--models nothing: none of .*cmc-dgcnn-nano, .*point2vec-nano'):
        Planner(SMOKE, pattern='nothing').models()


def test_teachers_that_need_a_download_are_replaced_offline():
    config = pretraining_config('recon-tiny', {}, offline=True)
    assert config.model.objectives.image.teacher.type == 'EfficientNetLite0Teacher'
    assert config.model.objectives.text.teacher.type == 'SentenceTeacher'
    untouched = pretraining_config('recon-tiny', {}, offline=False)
    assert untouched.model.objectives.text.teacher.type == 'CLIPTextTeacher'


def test_tokenizers_and_supervision_follow_the_options():
    assert tokenizers(pretraining_config('act-nano', {}, True)) == {'features': 'configs/act/autoencoder_nano.py'}
    options = {'model.objectives.image': None, 'model.objectives.text.teacher.frozen': False}
    assert supervision(pretraining_config('recon-nano', options, True)) == (
        'masked points, class names by MiniLM, trained along'
    )


def test_an_unknown_profile_lists_the_known_ones():
    with pytest.raises(UsageError, match='smoke, demo, laptop, packs, night, side-by-side, gpu, gpu-hour, paper'):
        find_profile('x')
