"""The code of the README, as a new user runs it."""

from __future__ import annotations

import re

import pytest

from tests.shared import ROOT

FOLDERS = ('.', 'tutorials', 'results')
PAGES = [ROOT / 'README.md', *(page for name in FOLDERS for page in sorted((ROOT / 'docs' / name).glob('*.md')))]


@pytest.mark.slow
def test_the_lines_of_python_classify_clouds(capsys):
    """With a quarter of the objects, which is far above chance all the same."""
    (code,) = re.findall(r'```python\n(.*?)```', PAGES[0].read_text('utf-8'), re.DOTALL)
    assert sum(bool(line) for line in code.splitlines()) <= 12
    assert "ProceduralShapes('train', 430)" in code
    exec(compile(code.replace("'train', 430", "'train', 129"), 'README.md', 'exec'), {})
    label, accuracy = capsys.readouterr().out.split()
    assert label.isidentifier()
    assert float(accuracy) > 0.25  # chance is 0.023


@pytest.mark.parametrize('page', PAGES, ids=lambda page: f'{page.parent.name}/{page.name}')
def test_links_lead_somewhere(page):
    links = re.findall(r'\]\(([^)#\s]*)(#[^)\s]*)?\)', page.read_text('utf-8'))
    for link, anchor in links:
        if link.startswith('http'):
            continue
        target = (page.parent / link).resolve() if link else page
        assert target.exists(), f'{page.name} links to {link}'
        if anchor:
            headings = re.findall(r'^#+ (.*)$', target.read_text('utf-8'), re.MULTILINE)
            known = {'#' + re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}
            assert anchor in known, f'{page.name} links to {link}{anchor}'


def test_the_readme_is_short():
    assert len(PAGES[0].read_bytes()) <= 8000
