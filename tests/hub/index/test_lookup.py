from __future__ import annotations

import copy
import re

import pytest

from tests.hub.index.samples import COLLECTIONS, DIGEST, MODELS, write_index
from tests.refusals import refused
from zoo.config import ROOT
from zoo.errors import UsageError
from zoo.hub.index import Official, entries, find_entry, index_path, list_models


@pytest.fixture
def index(tmp_path, monkeypatch):
    path = write_index(tmp_path)
    monkeypatch.setenv('ZOO_MODEL_INDEX', str(path))
    return path


def test_every_field_arrives(index):
    bare, ours, theirs = entries().values()
    assert (bare.sources, bare.weight_file()) == ((), None)
    train = f'train them with python tools/train.py {bare.config}'
    assert bare.untrained() == f"no weights of '{bare.name}' are published: {train}"
    assert ours.sources[0] == 'weights/recon-nano_shapes.safetensors'
    assert len(ours.sources) == 3
    file = ours.weight_file()
    assert (file.name, file.sources) == (ours.name, ours.sources)
    assert (file.sha256, file.bytes, file.format) == (ours.sha256, ours.bytes, ours.format)
    assert (ours.sha256, ours.bytes, ours.format) == (DIGEST, 1234, 'safetensors')
    assert (ours.licence, ours.date) == ('CC0', '2026-11-24')
    assert (ours.fingerprint, ours.objects, ours.fraction, ours.epochs, ours.num_points) == (DIGEST, 100, 0.5, 3, 512)
    assert ours.teachers == ('coordinates', 'MiniLM')
    assert ours.collection.url == 'https://arxiv.org/abs/2302.02318'
    (result,) = ours.results
    assert (result.metrics, result.interval) == ({'oa': 71.5, 'macc': 70.0}, {'oa': 1.5})
    assert (result.seeds, result.by) == ((0, 1), 'measured')
    assert theirs.official == Official('recon', 128, 32)
    assert theirs.weight_file().format == 'pth'
    assert (theirs.format, theirs.classes, theirs.results[0].source) == ('pth', ('bag', 'bin'), 'README')


def test_filters(index):
    official = 'recon-base_shapenet55-official_scan-hardest'
    assert list_models() == [official, 'recon-nano_procedural', 'recon-nano_shapes']
    assert list_models('RECON-nano_*') == ['recon-nano_procedural', 'recon-nano_shapes']
    assert list_models('*-nano_*', pretrained=True) == ['recon-nano_shapes']
    assert list_models(pretrained=False) == ['recon-nano_procedural']
    assert list_models('recon-[bn]*', task='classify') == [official]
    assert list_models('nothing*') == []
    assert 'choose one of pretrain, classify' in refused(list_models, task='sing')


def test_names_in_any_case_and_close_ones(index):
    assert find_entry('ReCon-Nano_Shapes').name == 'recon-nano_shapes'
    assert 'did you mean recon-nano_shapes' in refused(find_entry, 'recon-nano_shapse')
    assert 'is not a model name' in refused(find_entry, '../recon')


def test_the_index_of_the_project_is_the_default(monkeypatch):
    monkeypatch.delenv('ZOO_MODEL_INDEX', raising=False)
    assert index_path() == ROOT / 'model_index.yml'


WRONG = {
    'Name': (lambda m: m[1].pop('Name'), r"Models\[1\]: key 'Name' is missing"),
    'capitals': (lambda m: m[1].update(Name='ReCon-Nano_X'), r'Models\[1\] ReCon-Nano_X: Name: .*is not a model'),
    'twice': (lambda m: m[1].update(Name=m[0]['Name']), r"Models\[1\]: Name 'recon-nano_procedural' is taken"),
    'typing': (lambda m: m[1]['Metadata'].update({'Training Dat': 'x'}), "'Training Dat' is not .* mean Training Data"),
    'collection': (lambda m: m[0].update({'In Collection': 'X'}), 'In Collection is .X., expected one of ReCon'),
    'config outside': (lambda m: m[0].update(Config='configs/../../x.py'), 'Config is .* does not leave'),
    'config absolute': (lambda m: m[0].update(Config='/x.py'), 'Config is'),
    'weights outside': (lambda m: m[1].update(Weights='weights/../../x.safetensors'), 'Weights is'),
    'weights pickled': (lambda m: m[1].update(Weights='weights/x.pth'), 'Weights is'),
    'weights ftp': (lambda m: m[1].update(Weights='ftp://x/y'), 'Weights is'),
    'mirror': (lambda m: m[1]['Metadata'].update(Mirrors=['weights/../x']), 'Mirrors is'),
    'digest': (lambda m: m[1]['Metadata'].update(SHA256='abc'), 'SHA256 is .abc., expected 64'),
    'no digest': (lambda m: m[1]['Metadata'].pop('SHA256'), "'SHA256' is missing"),
    'no licence': (lambda m: m[2]['Metadata'].pop('Licence'), "'Licence' is missing"),
    'bytes': (lambda m: m[1]['Metadata'].update(Bytes=True), 'Bytes is True'),
    'bytes below': (lambda m: m[1]['Metadata'].update(Bytes=-5), 'Bytes is -5'),
    'fraction': (lambda m: m[1]['Metadata'].update(Fraction=1.5), 'Fraction is 1.5, expected a number from 0 to 1'),
    'seeds': (lambda m: m[1]['Results'][0].update(Seeds=[0]), 'one record for every seed'),
    'records': (lambda m: m[1]['Results'][0].update(Records=['docs/x.json'] * 2), 'Records is'),
    'no metrics': (lambda m: m[1]['Results'][0].update(Metrics={}), 'at least one number'),
    'interval': (lambda m: m[1]['Results'][0].update(Interval={'f1': 1.0}), 'half widths of the metrics'),
    'by': (lambda m: m[1]['Results'][0].update(By='me'), 'expected one of measured, published'),
    'no source': (lambda m: m[2]['Results'][0].pop('Source'), "'Source' is missing"),
    'official': (lambda m: m[2]['Metadata']['Official'].pop('Groups'), r"Official: key 'Groups' is missing"),
    'results': (lambda m: m[1].update(Results={'a': 1}), 'Results is a mapping of 1, expected a list'),
    'metadata': (lambda m: m[1].update(Metadata=3), 'Metadata: it is 3, expected a mapping'),
    'newline': (lambda m: m[1]['Metadata'].update(Licence='a\nb'), 'Licence is'),
}  # fmt: skip


@pytest.mark.parametrize('case', WRONG)
def test_errors_name_file_place_and_key(tmp_path, case):
    (change, message), models = WRONG[case], copy.deepcopy(MODELS)
    change(models)
    said = refused(entries, write_index(tmp_path, models))
    assert said.startswith('configs/recon/metafile.yml: Models[')
    assert re.search(message, said)


def test_collections_are_checked(tmp_path):
    with pytest.raises(UsageError, match=r"Collections\[1\]: Name 'ReCon' is taken"):
        entries(write_index(tmp_path, collections=[*COLLECTIONS, *copy.deepcopy(COLLECTIONS)]))
    with pytest.raises(UsageError, match=r'Paper: URL is .javascript'):
        entries(write_index(tmp_path, collections=[{'Name': 'ReCon', 'Paper': {'Title': 'x', 'URL': 'javascript:x'}}]))


@pytest.mark.parametrize('name', ['../x.yml', '/x.yml', 'configs/../x.yml', 'x.yml', 'configs/x.py', 'model_index.yml'])
def test_imports_stay_below_the_index(tmp_path, name):
    path = write_index(tmp_path)
    path.write_text(f'Import: [{name}]\n')
    assert 'Import' in refused(entries, path)


def test_imports_do_not_import(tmp_path):
    path = write_index(tmp_path, Import=['configs/recon/metafile.yml'])
    assert 'metafile.yml: Import is for model_index.yml alone' in refused(entries, path)


@pytest.mark.parametrize('text', ['', 'Models: 3', 'Models: [{Name: a}]', '- [', '{', 'null', '7'])
def test_broken_files_are_one_line(tmp_path, text):
    path = tmp_path / 'model_index.yml'
    path.write_text(text)
    assert 'model_index.yml' in refused(entries, path)
