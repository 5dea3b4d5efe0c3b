from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.records.keys import digest, plain

GIVEN = {'a': 1, 'b': [1, 2], 'c': {'d': None}}


def test_the_order_of_names_does_not_matter_that_of_lists_does():
    assert digest({'a': 1, 'b': [1, 2]}) == digest({'b': (1, 2), 'a': 1}) != digest({'a': 1, 'b': [2, 1]})
    assert len(digest(GIVEN)) == 32


def test_the_digest_is_the_same_in_another_process():
    code = f'from benchmarks.records.keys import digest; print(digest({GIVEN!r}))'
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, '-c', code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest(GIVEN)


def test_what_has_no_stable_text_is_refused():
    with pytest.raises(TypeError):
        digest({'model': object()})
    with pytest.raises(ValueError):
        digest({'lr': float('nan')})


def test_numbers_of_numpy_become_plain():
    assert plain({1: (np.float32(0.5), [np.int64(3)])}) == {'1': [0.5, [3]]}
