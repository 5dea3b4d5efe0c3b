"""Which code a job runs, against what a running job really executes."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from benchmarks.protocols.svm import SVM
from benchmarks.run.results import Results
from benchmarks.run.worker import serve
from benchmarks.suites import code
from benchmarks.suites.code import ROOT, code_version, reachable
from benchmarks.suites.job import JOB_TYPES, in_order
from benchmarks.suites.planner import Planner
from benchmarks.suites.plans.frozen import few_shot_job
from benchmarks.suites.profiles import find_profile
from benchmarks.suites.students import Model

FILES = {
    'main.py': """
        '''What it does.'''
        from typing import TYPE_CHECKING
        from parts import used
        if TYPE_CHECKING:
            from types_only import Type
        PLACES = ['hidden.place', 'no module.at all', f'hidden.{type}_backend']
        class Thing:
            '''A thing.'''
            size: int = 1
            '''How large.'''
            def grow(self):
                import late
                return late.FACTOR * self.size
    """,
    'parts/__init__.py': 'from parts.one import used\nfrom parts.two import other\n__all__ = ["other", "used"]\n',
    'parts/one.py': 'from .deep import value\ndef used(): return value\n',
    'parts/two.py': 'def other(): return 2\n',
    'parts/deep.py': 'value = 3\n',
    'hidden/__init__.py': '',
    'hidden/place.py': 'X = 1\n',
    'hidden/fast_backend.py': 'F = 1\n',
    'types_only.py': 'class Type: pass\n',
    'late.py': 'FACTOR = 2\n',
    'beside.py': 'Y = 1\n',
}


@pytest.fixture
def version(tmp_path):
    """Version of a program of several files, after changes to them."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('\n'.join(line.removeprefix(' ' * 8) for line in text.split('\n')))

    def found(name='main.py', old='', new=''):
        path = tmp_path / name
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new) if old else before + new)
        for cached in (code._parsed, code._file, code_version):
            cached.cache_clear()
        made = code_version(str(tmp_path / 'main.py'))
        path.write_text(before)
        return made

    return found


def test_words_about_the_code_change_nothing(version):
    plain = version()
    assert version(old='What it does.', new='What it does, in other words.') == plain
    assert version(old='A thing.', new='Something.') == plain
    assert version(old='How large.', new='Size.') == plain
    assert version(old='size: int = 1', new='size: int = (1)  # why') == plain
    assert version(new='\n\n# the end\n') == plain
    assert version('parts/one.py', 'def used(): return value', 'def used():\n    """Doc."""\n    return value') == plain


def test_any_code_that_is_reached_counts_and_no_other(version):
    plain = version()
    changes = [
        ('main.py', 'size: int = 1', 'size: int = 2'),
        ('parts/one.py', 'return value', 'return -value'),
        ('parts/deep.py', '3', '4'),  # by a relative import, through a name that is handed on
        ('late.py', '2', '5'),  # imported in a function
        ('hidden/place.py', '1', '6'),  # named in a text, as the locations of a registry are
        ('hidden/fast_backend.py', '1', '7'),  # named but for a part that is left open
    ]
    assert len({plain, *(version(*change) for change in changes)}) == len(changes) + 1
    for name in ('parts/two.py', 'types_only.py', 'beside.py'):
        assert version(name, new='Z = 9\n') == plain
    assert version('parts/__init__.py', new='from parts.two import other as another\n') == plain
    # A package that does something is more than the names it hands on.
    assert version('parts/__init__.py', new='used = None\n') != plain


def test_what_is_kept_spares_the_parsing_and_is_made_again_where_it_is_broken(tmp_path, monkeypatch):
    monkeypatch.setenv('ZOO_HOME', str(tmp_path / 'home'))

    def fresh():
        for cached in (code._parsed, code._kept, code_version):
            cached.cache_clear()
        return code_version('benchmarks.protocols.svm')

    first = fresh()
    with monkeypatch.context() as patch:
        patch.setattr(code, 'parse', None)
        assert fresh() == first
    for text in ('no json', '[]', '{"a": {}}'):
        (tmp_path / 'home' / 'code.json').write_text(text)
        assert fresh() == first
    monkeypatch.setenv('ZOO_HOME', '/dev/null/nowhere')
    assert fresh() == first
    with pytest.raises(ValueError, match='no_such'):
        code_version('zoo.no_such')


def test_all_that_a_job_executes_is_found(tmp_path, monkeypatch):
    planner = Planner(find_profile('smoke'))
    source, model = planner.source('procedural-cad'), Model('point-mae-nano', 'point-mae-nano')
    jobs = [planner.measure(SVM(), source, model, 0), few_shot_job(planner, 5, 2, source, planner.baseline, 0)]
    results = Results(tmp_path)
    for job in in_order(jobs):
        files = {str(path) for path in reachable(*JOB_TYPES[job.type].code).values()}
        ran = set()

        def note(frame, event, argument, ran=ran):
            if event == 'call' and frame.f_code.co_name != '<module>':
                ran.add(frame.f_code.co_filename)

        whole = JOB_TYPES[job.type]

        def traced(task, run=whole.run, note=note):
            sys.setprofile(note)
            try:
                return run(task)
            finally:
                sys.setprofile(None)

        with monkeypatch.context() as patch:
            patch.setitem(JOB_TYPES, job.type, dataclasses.replace(whole, run=traced))
            answer = serve(results, job)
        assert answer['state'] == 'done', answer
        own = {name for name in ran if Path(name).is_relative_to(ROOT)}
        own = {name for name in own if Path(name).relative_to(ROOT).parts[0] in code.PACKAGES}
        assert len(own) > 10
        # What prints, plans and locks is no part of the job.
        assert own <= files, own - files


def test_a_pretraining_is_not_repeated_for_a_change_of_what_measures_it_or_writes_it_down():
    training, svm = reachable(*JOB_TYPES['pretrain'].code), reachable(*JOB_TYPES['svm'].code)
    for name in ('benchmarks.protocols.svm', 'benchmarks.records.schema', 'benchmarks.suites.measuring'):
        assert name not in training
        assert name in svm
    for found in (training, svm):
        assert {'zoo.objectives', 'zoo.backbones', 'zoo.transforms', 'zoo.datasets'} <= {
            '.'.join(module.split('.')[:2]) for module in found
        }
        assert not [module for module in found if module.startswith(('benchmarks.run', 'benchmarks.suites.plans'))]
    assert 'benchmarks.protocols.knn' not in svm
