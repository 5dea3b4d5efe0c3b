"""What is pretrained on, and what each corpus adds."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from benchmarks.suites.catalog import all_suites
from benchmarks.suites.corpus import ENDLESS, NAMES, PACKED, find_corpus
from benchmarks.suites.job import in_order
from benchmarks.suites.overlap import count_seen, keep_digests
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.corpora import CORPORA
from benchmarks.suites.profiles import find_profile
from zoo.datasets import ShapePack, prepare
from zoo.registry import DATASETS

SMOKE = find_profile('smoke')


@pytest.fixture(autouse=True)
def _no_data(monkeypatch, tmp_path):
    monkeypatch.setenv('ZOO_DATA', str(tmp_path / 'data'))


def write_packs(root, objects=12):
    generator = np.random.default_rng(0)
    clouds = generator.random((objects, 16, 3), dtype=np.float32)
    labels, names = np.arange(objects) % 3, ['bed', 'chair', 'lamp']
    for folder in ('shapedb69', 'sweethome3d'):
        (root / folder).mkdir()
    whole = {'pts': clouds, 'y': labels, 'classes': names, 'test': np.arange(objects) >= 9}
    np.savez(root / 'shapedb69/points2048.npz', **whole)
    np.savez(root / 'shapedb69/views112.npz', views=np.zeros((objects, 2, 8, 8), np.uint8))
    np.savez(root / 'sweethome3d/points2048.npz', pts=clouds[:, :, ::-1])
    np.savez(root / 'sweethome3d/images.npz', views=np.zeros((objects, 2, 8, 8, 3), np.uint8))
    rows = [{'name': f'sofa {place}', 'category': 'living room'} for place in range(objects)]
    (root / 'sweethome3d/meta.json').write_text(json.dumps(rows))


def write_commons(root, objects=20):
    """Two packs of smaller clouds with names and captions, and one picture of each object."""
    generator = np.random.default_rng(1)
    for name in ('everyday', 'ldraw'):
        folder = root / 'commons' / name
        folder.mkdir(parents=True)
        np.savez(folder / 'points1024.npz', pts=generator.random((objects, 12, 3), dtype=np.float32))
        np.savez(folder / 'views112.npz', views=np.zeros((objects, 1, 8, 8, 3), np.uint8))
        rows = [{'name': f'{name} {place}', 'category': 'thing', 'caption': f'A {name}.'} for place in range(objects)]
        (folder / 'meta.json').write_text(json.dumps(rows))


def test_packs_are_pretrained_on_together_without_any_test_object(tmp_path):
    found = find_corpus('packs', SMOKE, tmp_path)
    assert 'shapedb69/points2048.npz' in found.get
    assert 'sweethome3d/points2048.npz' in found.get
    write_packs(tmp_path)
    found = find_corpus('packs', SMOKE, tmp_path)
    assert not found.get
    built = DATASETS.build(found.dataset(images=True, texts=True))
    assert len(built) == 9 + 12
    batch = built[8], built[9]
    assert [entry['text'] for entry in batch] == ['lamp', 'sofa 0']
    assert batch[0]['image'].shape == batch[1]['image'].shape
    assert not DATASETS.build(found.dataset(images=False, texts=False)).images


def test_open_collections_are_pretrained_on_as_packs_or_as_prepared_here(tmp_path):
    assert 'prepare commons' in find_corpus('commons', SMOKE, tmp_path).get
    write_packs(tmp_path)
    write_commons(tmp_path)
    found = find_corpus('commons-packs', SMOKE, tmp_path)
    assert (found.get, found.objects) == ('', 20 + 20 + 9 + 12)
    built = DATASETS.build(found.dataset(images=True, texts=True))
    batch = built.__getitems__([0, 20, 40, 60])
    assert batch['points'].shape == (4, 12, 3)
    assert batch['image'].shape == (4, 3, 8, 8)
    assert batch['text'] == ['A everyday.', 'A ldraw.', 'bed', 'sofa 11']
    config = find_corpus('commons', SMOKE, tmp_path).dataset(images=True, texts=True)
    prepare(tmp_path / 'data' / 'packs' / 'commons', {'train': DATASETS.build(config)}, progress=False)
    prepared = find_corpus('commons', SMOKE, None)
    assert (prepared.get, prepared.objects) == ('', 40)
    assert DATASETS.build(prepared.dataset(images=True, texts=True))[39]['text'] == 'A ldraw.'


@pytest.mark.parametrize('name', [name for name in NAMES if name != 'shapenet55'])
def test_tables_say_which_text_is_read(tmp_path, name):
    write_packs(tmp_path)
    write_commons(tmp_path)
    planner = Planner(dataclasses.replace(SMOKE, corpus=name), packs=tmp_path)
    corpus = planner.corpus
    config = corpus.dataset(images=True, texts=True)
    assert not corpus.get
    if name == 'procedural':
        reads = 'caption'  # nothing is made to find out
    else:
        built = DATASETS.build(config)
        reads, objects = built.text_read, len(built)
        assert corpus.objects == objects
    assert corpus.reads == reads
    (model,) = planner.students({'recon': ''})
    words = reads.replace('caption', 'captions').replace('class name', 'class names')
    assert f'{words} by MiniLM' in planner.supervised_by(model)


def test_no_test_object_of_a_pack_is_pretrained_on_and_those_that_were_are_counted(tmp_path):
    write_packs(tmp_path)
    write_commons(tmp_path)
    points = tmp_path / 'shapedb69' / 'points2048.npz'
    train, test = (ShapePack(points, split=split) for split in ('train', 'test'))
    config = find_corpus('commons-packs', SMOKE, tmp_path).dataset(images=False, texts=False)
    weights = tmp_path / 'weights.safetensors'
    keep_digests(DATASETS.build({'type': 'ObjectDraw', 'dataset': config, 'count': 61}), weights)
    # The union has 12 of the 16 points of each, and knows the objects all the same.
    assert (count_seen(train, weights), count_seen(test, weights)) == (9, 0)
    weights = tmp_path / 'stream' / 'weights.safetensors'
    keep_digests(DATASETS.build({'type': 'ProceduralStream', 'num_objects': 10**6}), weights)
    assert count_seen(test, weights) is None


def test_corpora_are_compared_at_equal_samples(tmp_path):
    write_packs(tmp_path)
    write_commons(tmp_path)
    profile = dataclasses.replace(find_profile('packs'), epochs=3, batch_size=4)
    planner = Planner(profile, packs=tmp_path)
    (made,) = all_suites()['corpora'].plan(planner)
    assert len(made.rows) == 1 + 3 * len(CORPORA)
    assert not {title for title, _ in PACKED.values()} & set(made.missing)
    samples = {label: int(text.replace(',', '')) for label, text in made.about['samples'].items()}
    assert set(samples) == set(made.rows[1:])
    assert {text for label, text in samples.items() if 'end' in label or 'Home' in label} == {60}
    assert all(abs(number - 60) <= 4 for number in samples.values())
    runs = {need.key: need for job in made.jobs.values() for need in job.needs.values()}.values()
    assert len(runs) == 3 * len(CORPORA) * 3
    for run in runs:
        config = run.settings['dataset']
        count = config['count'] if config['type'] == 'ObjectDraw' else 21
        assert abs(count // 4 * 4 * run.settings['epochs'] - 60) <= 4
    drawn = [run.settings['dataset'].get('dataset', {}) for run in runs]
    streams = [config for config in drawn if config.get('type') == 'ProceduralStream']
    assert {(config.get('free', False), config['num_objects']) for config in streams} == {
        (True, ENDLESS),
        (False, ENDLESS),
    }
    (without,) = all_suites()['corpora'].plan(Planner(profile))
    assert {title for title, _ in PACKED.values()} <= set(without.missing)
    assert len(without.rows) == len(made.rows)
    assert {model.label for model in without.models} == {'from scratch', *(row for row in made.rows if 'end' in row)}


def test_shared_runs_are_those_of_other_suites(tmp_path):
    write_packs(tmp_path)
    planner = Planner(dataclasses.replace(find_profile('packs'), batch_size=4), packs=tmp_path)
    runs = {
        name: {job.key for table in all_suites()[name].plan(planner) for job in in_order(list(table.jobs.values()))}
        for name in ('corpora', 'few_shot')
    }
    assert runs['corpora'] & runs['few_shot']
