from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.records import job_key
from benchmarks.records.keys import digest

GIVEN = dict(config={'model': 'recon', 'lr': 0.1}, data='f' * 64, seed=0, protocol='svm', code=1)
CHANGES = [
    dict(config={'model': 'recon', 'lr': 0.2}),
    dict(config={'model': 'recon', 'lr': 0.1, 'more': None}),
    dict(data='e' * 64),
    dict(data=['f' * 64, 'e' * 64]),
    dict(seed=1),
    dict(protocol='svm@paper'),
    dict(code=2),
]


def test_everything_the_result_depends_on_changes_the_key():
    keys = [job_key(**{**GIVEN, **change}) for change in [{}, *CHANGES]]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 32 for key in keys)


def test_the_order_of_names_does_not_matter():
    assert digest({'a': 1, 'b': [1, 2]}) == digest({'b': (1, 2), 'a': 1}) != digest({'a': 1, 'b': [2, 1]})


def test_the_key_is_the_same_in_another_process():
    code = f'from benchmarks.records.keys import job_key; print(job_key(**{GIVEN!r}))'
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, '-c', code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == job_key(**GIVEN)


def test_what_has_no_stable_text_is_refused():
    with pytest.raises(TypeError):
        job_key(**{**GIVEN, 'config': {'model': object()}})
    with pytest.raises(ValueError):
        job_key(**{**GIVEN, 'config': {'lr': float('nan')}})


@pytest.mark.parametrize('data', ['', [], ['f', '']])
def test_data_without_a_fingerprint_is_refused(data):
    with pytest.raises(ValueError, match='fingerprint'):
        job_key(**{**GIVEN, 'data': data})
