from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
import torch
import yaml
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from benchmarks.records import Store
from benchmarks.records.statistics import mean_interval
from benchmarks.release import candidates, release, verify
from benchmarks.release.collect import evidence
from benchmarks.release.export import write_cards
from benchmarks.release.metafile import put_entry, text_of
from benchmarks.run.results import Results
from tests.benchmarks.release.fake import ABOUT, NAME, SHAPES, make_out, make_root
from zoo.config import ROOT
from zoo.errors import UsageError
from zoo.hub.index import entries
from zoo.hub.index.lookup import raw_index
from zoo.tensors import tensor_digest


@pytest.fixture(scope='module')
def out(tmp_path_factory):
    return make_out(tmp_path_factory.mktemp('out'))


@pytest.fixture(scope='module')
def root(out, tmp_path_factory):
    root = make_root(tmp_path_factory.mktemp('root'))
    (candidate,) = candidates(out)
    release(candidate, out, 'smoke', root)
    return root


def test_only_whole_students_are_candidates(out):
    (candidate,) = candidates(out)
    assert (candidate.name, candidate.student, sorted(candidate.jobs)) == (NAME, 'point-mae-nano', [0])
    assert len(candidate.measured) == 2
    with pytest.raises(UsageError, match="fits 'recon"):
        candidates(out, 'recon*')
    with pytest.raises(UsageError, match='holds no pretrained student'):
        candidates(out / 'runs')


def test_what_was_measured_on_the_way_is_no_result_of_the_weights(out, tmp_path):
    shutil.copytree(out, tmp_path / 'out')
    store = Results(tmp_path / 'out').store
    store.refresh()
    last = store.results['0' * 32]
    store.add(last.model_copy(update={'key': '2' * 32, 'settings': {**last.settings, 'epoch': 1}}))
    (candidate,) = candidates(tmp_path / 'out')
    assert {job.key for job in candidate.measured} == {'0' * 32, '1' * 32}


def test_the_entry_says_what_the_records_say(out, root):
    entry = entries(root / 'model_index.yml')[NAME]
    weights = root / entry.sources[0]
    assert entry.sources == (f'weights/{NAME}.safetensors',)
    trained = out / 'runs/pre/weights.safetensors'
    rounded, exact = load_file(weights), load_file(trained)
    assert rounded.keys() == exact.keys()
    for key, tensor in exact.items():
        expected = tensor.half() if tensor.is_floating_point() and tensor.ndim > 1 else tensor
        assert torch.equal(rounded[key], expected), key
    assert (entry.sha256, entry.bytes) == (hashlib.sha256(weights.read_bytes()).hexdigest(), weights.stat().st_size)
    assert (entry.data, entry.fingerprint, entry.objects) == ('ProceduralShapes', 'b' * 64, 12)
    assert (entry.epochs, entry.seed, entry.num_points) == (2, 0, 128)
    assert (entry.teachers, entry.config) == (('coordinates',), 'configs/point_mae/nano.py')
    assert entry.licence.startswith('MIT')
    (result,) = entry.results
    records = [found.record for found in evidence(result.records, root)]
    assert [record.seed for record in records] == [0, 1] == list(result.seeds)
    assert {record.weights_digest for record in records} == {entry.rounded_from}
    assert entry.rounded_from == tensor_digest(exact) != tensor_digest(rounded)
    assert all(found.unpacked for found in evidence(result.records, root)), 'predictions are kept'
    expected = mean_interval([record.metrics['oa'] for record in records])
    assert result.metrics['oa'] == pytest.approx(expected.mean, abs=0.006)
    assert result.interval['oa'] == pytest.approx(expected.half_width, abs=0.006)
    assert '128 points' in result.protocol
    assert '1 pretraining' in result.protocol


def test_nothing_else_in_the_index_changes(root):
    before, after = entries(ROOT / 'model_index.yml'), entries(root / 'model_index.yml')
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} <= {NAME}


def test_metafiles_are_in_the_form_that_is_written():
    for path in (ROOT / 'configs').glob('*/metafile.yml'):
        assert path.read_text('utf-8') == text_of(yaml.safe_load(path.read_text('utf-8'))), path


def test_releasing_again_changes_nothing(out, root):
    def content():
        return {path: path.read_bytes() for path in root.rglob('*') if path.is_file()}

    before = content()
    (candidate,) = candidates(out)
    release(candidate, out, 'smoke', root)
    assert content() == before


def test_a_release_that_is_refused_writes_nothing(out, root, monkeypatch):
    before = {path: path.read_bytes() for path in root.rglob('*') if path.is_file()}
    (candidate,) = candidates(out)
    monkeypatch.setattr('benchmarks.release.export.LARGEST_DISTANCE', 0.0)
    with pytest.raises(UsageError, match='float16 moves features'):
        release(candidate, out, 'smoke', root, more='--seeds 9')
    monkeypatch.setattr('benchmarks.release.export.MOST_BYTES', 10)
    with pytest.raises(UsageError, match=r'would hold .* release less'):
        release(candidate, out, 'smoke', root)
    candidate.measured.clear()
    with pytest.raises(UsageError, match='nothing was measured'):
        release(candidate, out, 'smoke', root)
    assert {path: path.read_bytes() for path in root.rglob('*') if path.is_file()} == before


def test_the_card_says_what_a_user_has_to_know(root):
    text = (root / 'docs' / 'models' / f'{NAME}.md').read_text('utf-8')
    for said in ('Point-MAE', 'ProceduralShapes', 'coordinates', 'MIT', ' ± ', 'svm v1', '2 epochs, seed 0'):
        assert said in text
    assert 'tools/benchmark.py --all --profile smoke' in text
    listed = (root / 'docs' / 'models' / 'README.md').read_text('utf-8')
    names = [entry.name for entry in entries(root / 'model_index.yml').values() if entry.sources]
    assert all(f'[{name}]({name}.md)' in listed for name in names)
    assert {path.stem for path in (root / 'docs' / 'models').iterdir()} == {*names, 'README'}


def test_cards_of_the_project_are_those_of_its_index(tmp_path):
    root = make_root(tmp_path)
    for path in write_cards(root):
        kept = ROOT / 'docs' / 'models' / path.name
        assert kept.is_file(), f'{path.name}: python -m benchmarks.release --cards'
        assert kept.read_text('utf-8') == path.read_text('utf-8'), f'{path.name}: python -m benchmarks.release --cards'


def test_no_path_of_this_machine_leaves_it(out, root):
    for path in root.rglob('*'):
        if path.is_file():
            assert str(out).encode() not in path.read_bytes(), path
            assert str(ROOT).encode() not in path.read_bytes(), path


def test_verify_measures_the_same(root):
    text, code = verify(NAME, root=root)
    assert code == 0, text
    assert 'features of 8 clouds' in text
    assert text.count('agrees') == 3  # features, oa and macc
    assert '0 differ' in text


@pytest.fixture
def other(root, tmp_path):
    """A copy of the repository with the release in it, to be spoilt."""
    return Path(shutil.copytree(root, tmp_path / 'other'))


def test_verify_sees_other_weights(other):
    path = other / 'weights' / f'{NAME}.safetensors'
    with safe_open(path, 'pt') as file:
        header = file.metadata()
    save_file({name: tensor.abs() for name, tensor in load_file(path).items()}, path, metadata=header)
    text, code = verify(NAME, root=other)
    assert code == 1
    assert 'DIFFERS      features of 8 clouds' in text


def changed(store, key, **changes):
    store.results[key] = store.results[key].model_copy(update=changes)


def settings(store, **changes):
    for key, found in list(store.results.items()):
        changed(store, key, settings={**found.settings, **changes} if found.record else found.settings)


JOBS = {
    'code': lambda store, mark: settings(store, test={'type': 'os.mkdir', 'path': str(mark)}),
    'code in a part': lambda store, mark: settings(
        store, train={**SHAPES, 'image_pipeline': [{'type': 'os.mkdir', 'path': str(mark)}]}
    ),
    'hook': lambda store, mark: settings(store, test={'type': 'CheckpointHook', 'out_dir': str(mark)}),
    'no dataset': lambda store, mark: settings(store, test=[1]),
    'code in what is said': lambda store, mark: changed(
        store, 'pre', value={'about': {**ABOUT, 'seed': 0, 'data': {'type': 'os.mkdir', 'path': str(mark)}}}
    ),
    'no training': lambda store, mark: store.results.pop('pre'),
}


@pytest.mark.parametrize('name', [*JOBS, 'cut', 'nothing'])
def test_jobs_that_are_read_back_run_nothing(name, other, tmp_path):
    mark = tmp_path / 'mark'
    store = Store.of(other / 'docs/results/weights')
    if name in JOBS:
        JOBS[name](store, mark)
        store.keep(list(store.results))
    else:
        store.path.write_bytes({'cut': store.path.read_bytes()[:50], 'nothing': b''}[name])
    with pytest.raises(UsageError, match=r'(job|result) .*(0{32}|pre)') as caught:
        verify(NAME, root=other)
    assert '\n' not in str(caught.value)
    assert not mark.exists()


def test_verify_refuses_what_cannot_be_measured(root):
    with pytest.raises(UsageError, match='quoted, not measured'):
        verify('recon-base_shapenet55-official', root=root)
    with pytest.raises(UsageError, match='no weights'):
        verify('recon-tiny_shapenet55', root=root)


def test_a_wrong_entry_leaves_the_file_as_it_was(tmp_path):
    root = make_root(tmp_path)
    path = root / 'configs/recon/metafile.yml'
    before = path.read_bytes()
    with pytest.raises(UsageError, match="'Config' is missing"):
        put_entry(root, 'recon', {'Name': 'recon-nano_x', 'Metadata': {'Task': 'pretrain', 'Training Data': 'x'}})
    assert path.read_bytes() == before
    about = {'Task': 'pretrain', 'Training Data': 'x'}
    put_entry(root, 'recon', {'Name': 'recon-nano_x', 'Config': 'configs/recon/nano.py', 'Metadata': about})
    names = [model['Name'] for model in raw_index(path)['Models']]
    assert names.index('recon-nano_x') < names.index('recon-base_shapenet55-official')


def test_results_hold_what_it_takes_to_measure_again_and_no_more(root):
    store = Store.of(root / 'docs/results/weights')
    assert sorted(store.results) == ['0' * 32, '1' * 32, 'pre']
    assert set(store.results['pre'].value) == {'about', 'digest'}
    assert not any(found.files for found in store.results.values())
    assert {found.settings['seed'] for found in store.results.values() if found.record} == {0, 1}
