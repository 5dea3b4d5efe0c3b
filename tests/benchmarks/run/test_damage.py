"""Whatever happens to a file of a results folder: the same tables, or an error that names it; never another figure."""

from __future__ import annotations

import shutil

import pytest

from benchmarks.records import Store
from benchmarks.run import harness
from benchmarks.suites.job import Job, in_order
from benchmarks.suites.planner import Planner
from benchmarks.suites.profiles import find_profile
from benchmarks.suites.table import Suite, TablePlan
from tests.benchmarks.run.here import Here
from tests.layouts import write_pack
from zoo.errors import UsageError

FILES = {
    'results': 'results.jsonl.gz',
    'weights': 'runs/{pretraining}/weights.safetensors',
    'snapshot': 'runs/{pretraining}/epoch_1.safetensors',
    'note of a run': 'runs/{pretraining}/run.json',
    'note of a snapshot': 'runs/{pretraining}/epoch_1.json',
    'features': 'features/*.npy',
    'clouds': 'features/clouds/*.npy',
    'events': 'events.jsonl',
    'lock': 'locks/{last}.lock',
    'log': 'logs/{last}.log',
    'table': 'tables/smoke/damage.md',
}
"""Every kind of file of a results folder."""

TRAINED = ('note of a run', 'note of a snapshot')
"""Read when the training runs again; all others when a measurement does."""

DIGESTED = ('weights', 'snapshot', 'features', 'clouds')
"""One digest tells of all that is wrong inside, so that one way of being wrong is enough."""

UNREAD = ('events', 'lock', 'log', 'table')
"""Written and never read, so that their content does not matter."""


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


def empty(path):
    path.write_bytes(b'')


def flip(path):
    content = bytearray(path.read_bytes())
    if content:
        content[len(content) * 2 // 3] ^= 1
        path.write_bytes(content)


def replace(path):
    """By another file of its kind, whole."""
    near = [*path.parent.iterdir(), *path.parent.parent.rglob(f'*{path.suffix}')]
    others = [other for other in near if other.suffix == path.suffix and other.is_file()]
    other = next((other for other in others if other.read_bytes() != path.read_bytes()), None)
    if other is not None:
        shutil.copy(other, path)


def remove(path):
    path.unlink()


def make_a_folder(path):
    path.unlink()
    path.mkdir()
    (path / 'something').write_text('of somebody')


def make_unreadable(path):
    """For everybody, the administrator included."""
    path.unlink()
    path.symlink_to(path.name)


WAYS = (cut, empty, flip, replace, remove, make_unreadable, make_a_folder)


def tables_of(pack):
    """A pretraining with a snapshot, and what two protocols measure of it."""
    data = {'type': 'ShapePack', 'points': str(pack)}
    about = {'student': 'point-mae-nano', 'seed': 0, 'data': 'pack'}
    pretraining = Job('pretrain', {
        **about, 'dataset': {**data, 'split': 'train'}, 'fraction': 100, 'draw': 0, 'objects': 24, 'options': {},
        'offline': True, 'epochs': 2, 'batch_size': 8, 'snapshots': [1, 2],
    }, label='pretraining')  # fmt: skip
    measured = {
        **about, 'variant': '', 'train': {**data, 'split': 'train'}, 'test': {**data, 'split': 'test'}, 'points': 64,
        'per_class': None,
    }  # fmt: skip
    made = TablePlan(name='damage', title='Damage')
    for column, protocol, more in (('first', 'svm', {'epoch': 1}), ('last', 'knn', {})):
        made.add('row', column, 0, Job(protocol, {**measured, **more}, {'weights': pretraining}, label=column))
    return [made]


class Benchmark:
    """A folder of results and the command that fills it."""

    def __init__(self, out, planned):
        self.keys = {str(job): job.key for job in in_order(list(planned[0].jobs.values()))}
        suite = Suite('svm', 'suite', '', lambda planner: planned)
        self.out, self.request = out, harness.Request([suite], Planner(find_profile('smoke')), out)

    def run(self, capsys):
        """Exit code, tables, and what else is said."""
        try:
            code = harness.run(self.request)
        except (UsageError, OSError) as error:  # one line of the command
            code = str(error)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    def forget(self, *names):
        """Make jobs undone."""
        store = Store.of(self.out)
        store.keep(set(store.results) - {self.keys[name] for name in names})

    def files(self, kind):
        found = sorted(self.out.glob(FILES[kind].format(**self.keys)))
        assert found, kind
        return found


@pytest.fixture(scope='module')
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp('undisturbed')
    planned = tables_of(write_pack(out / 'pack.npz', 30, num_points=64))
    return out, planned


@pytest.fixture
def benchmark(undisturbed, tmp_path, monkeypatch, capsys):
    """A copy of an undisturbed folder, and its tables."""
    monkeypatch.setattr(harness, 'engine_of', lambda *_: Here())
    source, planned = undisturbed
    first = Benchmark(source, planned)
    code, tables, _ = first.run(capsys)
    assert code == 0
    shutil.copytree(source, tmp_path / 'out')
    return Benchmark(tmp_path / 'out', planned), tables


@pytest.mark.parametrize('kind', [pytest.param(kind, marks=[pytest.mark.slow] * (kind in TRAINED)) for kind in FILES])
def test_a_damaged_file_never_moves_a_figure(kind, benchmark, capsys):
    made, tables = benchmark
    ways = WAYS[4:] if kind in UNREAD else WAYS[2:] if kind in DIGESTED else WAYS[::2] if kind in TRAINED else WAYS
    for way in ways:
        # What is done reads nothing.
        if kind != 'results':
            made.forget(*(('pretraining', 'last', 'first') if kind in TRAINED else ('last',)))
        for path in (paths := made.files(kind)):
            way(path)
        if kind == 'clouds':
            for path in made.files('features'):
                path.unlink()
        code, printed, errors = made.run(capsys)
        case = f'{kind}, {way.__name__}: {code} {errors}'
        assert 'Traceback' not in errors, case
        if code == 0:
            assert printed == tables, case
        else:
            assert way in (make_a_folder, make_unreadable), case
            assert any(path.name in f'{code} {errors}' for path in paths), case
            for path in paths:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            code, printed, errors = made.run(capsys)
            assert (code, printed) == (0, tables), f'{case}; mended: {code} {errors}'
