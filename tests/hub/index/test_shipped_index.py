"""The index of the project says what is so."""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess

import pytest

from benchmarks.published import published
from benchmarks.records.statistics import mean_interval
from benchmarks.release import verify
from benchmarks.release.clouds import CLOUDS, LARGEST_DISTANCE, largest_distance
from benchmarks.release.collect import evidence
from benchmarks.release.export import MOST_BYTES
from benchmarks.suites.profiles import find_profile
from tests.shared import shared_file
from zoo.config import ROOT
from zoo.hub import get_model
from zoo.hub.index import entries
from zoo.hub.names import data_file, parse_name

ENTRIES = entries(ROOT / 'model_index.yml')
RESULTS = [(entry, result) for entry in ENTRIES.values() for result in entry.results]
OURS = [entry for entry in ENTRIES.values() if entry.sources and entry.official is None]


def test_names_follow_the_grammar_and_configs_exist():
    assert ENTRIES
    for name, entry in ENTRIES.items():
        assert name == entry.name.lower()
        assert (ROOT / entry.config).is_file(), name
        if entry.task == 'pretrain':
            assert parse_name(name).config == ROOT / entry.config


def test_the_package_of_the_form_reads_the_same():
    modelindex = pytest.importorskip('modelindex', reason='the package model-index is not installed')
    theirs = modelindex.load(str(ROOT / 'model_index.yml'))
    assert theirs.check(silent=True) == []
    assert [model.name for model in theirs.models] == [entry.name for entry in ENTRIES.values()]
    for model, entry in zip(theirs.models, ENTRIES.values(), strict=True):
        assert (model.config, model.weights or '') == (entry.config, entry.sources[0] if entry.sources else '')
        assert model.in_collection == entry.collection.name
        metrics = [result.metrics for result in model.results or []]
        assert metrics == [dict(result.metrics) for result in entry.results]


def test_published_figures_stand_in_the_table_of_published_figures():
    table = {(row.dataset, row.value, row.source) for row in published()}
    for entry, result in RESULTS:
        if result.by == 'published':
            assert (result.dataset, result.metrics['oa'], result.source) in table, (entry.name, result)


def test_measured_figures_are_those_of_their_records():
    for entry, result in RESULTS:
        if result.by != 'measured':
            continue
        records = [found.record for found in evidence(result.records, ROOT)]
        assert [record.seed for record in records] == list(result.seeds)
        assert {record.source for record in records} == {'measured'}
        for metric, value in result.metrics.items():
            found = mean_interval([record.metrics[metric] for record in records])
            assert value == pytest.approx(found.mean, abs=0.006), (entry.name, metric)
            said = result.interval.get(metric, float('nan'))
            assert said == pytest.approx(found.half_width, abs=0.006, nan_ok=True), (entry.name, metric)


def test_official_checkpoints_of_both_projects_are_there():
    official = {name for name, entry in ENTRIES.items() if entry.official}
    recon = {'', '_scan-hardest', '_scan-objbg', '_scan-objonly', '_modelnet40-1k', '_modelnet40-8k', '_zero-shot'}
    assert {f'recon-base_shapenet55-official{end}' for end in recon | {'_modelnet40-svm'}} <= official
    assert {f'point-mae-base_shapenet55-official{end}' for end in recon - {'_zero-shot'}} <= official
    for name in official:
        entry = ENTRIES[name]
        assert {result.by for result in entry.results} == {'published'}, name
        assert entry.page.startswith('https://github.com/'), name
        assert entry.licence, name
        assert bool(entry.classes) == (entry.task == 'classify'), name


@functools.cache
def content(path):
    return data_file(path).read_bytes()


def test_weights_of_ours_are_whole():
    for entry in OURS:
        assert entry.results, entry.name
        path = entry.sources[0]
        assert len(content(path)) == entry.bytes, path
        assert hashlib.sha256(content(path)).hexdigest() == entry.sha256, path
        assert data_file(entry.features).is_file(), entry.name
        for result in entry.results:
            assert entry.rounded_from in {found.record.weights_digest for found in evidence(result.records, ROOT)}, path
        assert (ROOT / 'docs' / 'models' / f'{entry.name}.md').is_file(), entry.name


@pytest.mark.parametrize(
    ('data', 'methods'), [('procedural', find_profile('demo').methods), ('packs', ('recon', 'cmc'))]
)
def test_methods_that_are_there_at_nano(data, methods):
    assert {parse_name(entry.name).method for entry in OURS if entry.name.endswith(f'-nano_{data}')} == set(methods)


@pytest.mark.parametrize('name', [entry.name for entry in OURS])
def test_features_are_those_of_the_day_of_training(name):
    model = get_model(name, pretrained=True)
    assert not model.training
    kept = data_file(ENTRIES[name].features)
    assert largest_distance(kept, get_model(name, pretrained=True, features_only=True)) < LARGEST_DISTANCE
    assert largest_distance(kept, get_model(name, features_only=True)) > LARGEST_DISTANCE, 'random weights pass too'


@pytest.mark.slow
@pytest.mark.parametrize('method', ['recon', 'two-tower', 'point-bert', 'smc'])
def test_figures_on_whole_shapes_are_measured_again(method):
    """Four structures, as features of all are compared above; ``tools/benchmark.py --verify NAME`` does the rest."""
    name = f'{method}-nano_procedural'
    text, code = verify(name, data='ProceduralShapes cad*')
    lines = text.splitlines()
    assert code == 0, text
    assert len([line for line in lines if line.startswith('agrees')]) == len(lines) - 2 >= 4


@pytest.mark.slow
@pytest.mark.parametrize('name', [entry.name for entry in OURS if entry.name == 'recon-nano_packs'])
def test_figures_on_real_shapes_are_measured_again(name):
    """``tools/benchmark.py --verify NAME --packs FOLDER`` does it for all."""
    packs = shared_file('data', 'shapedb69', 'points2048.npz').parents[1]
    text, code = verify(name, packs=packs, data='*shapedb69*')
    assert code == 0, text
    assert text.count('agrees') >= 3


def test_the_folder_of_weights_is_small_and_holds_nothing_else():
    files = [path for path in (ROOT / 'weights').rglob('*') if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    named = {source for entry in OURS for source in entry.sources} | {entry.features for entry in OURS}
    assert {path.relative_to(ROOT).as_posix() for path in files} == named | {f'weights/features/{CLOUDS}'}


def test_a_clone_is_small():
    listed = subprocess.run(['git', 'ls-files', '-z'], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip('no working tree of git')
    files = [ROOT / os.fsdecode(name) for name in listed.stdout.split(b'\0') if name]
    assert sum(path.stat().st_size for path in files if path.is_file()) < 50e6
