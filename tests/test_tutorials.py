"""The tutorials, as a reader runs them: files written, commands run, Python in one session a page."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT, run

PAGES = sorted((ROOT / 'docs' / 'tutorials').glob('*.md'))
BLOCK = re.compile(r'^```(python|bash)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)

SAID = {
    'embed': (r'^\(129, \d+\)$', r' is next to ', r'^([3-9]\d|100) % of 43 clouds of 43 classes$'),
    'extend': (r"'loss_reconstruct': .*'loss_shadow': ", r"'oa': "),
    'measure': (
        r'keeps the contract, .* to \(\d+, 32\)',
        r'^\| Encoder \(bins=16\) +\|',
        r'index\.html',
        r'^Name: metrics\.oa',
    ),
    'pretrain': (r'trained to epoch 10', r'^16 objects that the training did not see, \d+ features each'),
}
"""What a page has to print."""


@pytest.mark.slow
@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.stem)
def test_a_tutorial_does_what_it_says(page, tmp_path):
    for entry in ROOT.iterdir():
        if not entry.name.startswith('.') and entry.name not in ('work_dirs', 'build'):
            (tmp_path / entry.name).symlink_to(entry)
    places = {
        'PATH': f'{Path(sys.executable).parent}:{os.environ["PATH"]}',
        'OMP_NUM_THREADS': '1',
        'PYTHONPATH': str(ROOT),
    }
    script, said = [], ''

    def tell(*command):
        done = run(*command, cwd=tmp_path, **places)
        assert done.returncode == 0, f'{command}\n{done.stdout}\n{done.stderr}'
        return done.stdout + done.stderr

    for language, title, code in BLOCK.findall(page.read_text('utf-8')):
        if title:
            (tmp_path / title).write_text(code)
        elif language == 'bash':
            said += tell('bash', '-euc', code)
        else:
            script.append(code)
            # What came before is run again without a word, as each command may need what Python made, and the reverse.
            (tmp_path / 'session.py').write_text('\n'.join(script))
            said += tell(sys.executable, 'session.py')
    for pattern in SAID[page.stem]:
        assert re.search(pattern, said, re.MULTILINE), said


def test_every_tutorial_is_listed():
    assert {page.stem for page in PAGES} == set(SAID)
