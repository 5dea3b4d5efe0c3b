"""The documentation as a site."""

from __future__ import annotations

import importlib
import inspect
import re
from html import unescape

import pytest

from tests.shared import ROOT, run_python

pytest.importorskip('mkdocstrings', reason="the site needs pip install '.[docs]'")
pytest.importorskip('material', reason="the site needs pip install '.[docs]'")

TAG = re.compile(r'<[^>]+>')


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    """The site, which is built without a warning."""
    folder = tmp_path_factory.mktemp('site')
    run_python('-m', 'mkdocs', 'build', '--strict', '--quiet', '--site-dir', folder, NO_MKDOCS_2_WARNING='1')
    return folder


@pytest.mark.slow
def test_every_page_is_in_the_navigation_and_asks_nobody(site):
    pages = {path.relative_to(site).as_posix() for path in site.rglob('*.html')} - {'404.html'}
    written = {path.relative_to(ROOT / 'docs') for path in (ROOT / 'docs').rglob('*.md')}
    expected = {path.with_suffix('.html').as_posix().replace('README.html', 'index.html') for path in written}
    assert expected | {'index.html', 'CONTRIBUTING.html', 'CHANGELOG.html'} <= pages
    start = (site / 'index.html').read_text('utf-8')
    listed = set(re.findall(r'<a href="([^"#]+\.html)" class="md-nav__link', start)) | {'index.html'}
    assert pages - listed == {'images/SWEETHOME3D_ATTRIBUTION.html'}
    for page in pages:
        text = (site / page).read_text('utf-8')
        assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?://[^"]*"', text), page


@pytest.mark.slow
@pytest.mark.parametrize('module', ['zoo.backbones', 'zoo.objectives', 'zoo.ops', 'zoo.teachers', 'benchmarks'])
def test_the_reference_has_every_public_name(site, module):
    text = unescape(TAG.sub('', (site / 'reference' / f'{module}.html').read_text('utf-8')))
    package = importlib.import_module(module)
    for name in package.__all__:
        assert name in text
        found = getattr(package, name)
        about = inspect.getdoc(found) if inspect.isclass(found) or inspect.isfunction(found) else ''
        if about and '`' not in about.splitlines()[0]:
            assert about.splitlines()[0] in text, name


@pytest.mark.slow
def test_links_of_the_readme_lead_to_pages_of_the_site(site):
    start = (site / 'index.html').read_text('utf-8')
    for page in ('benchmark.html', 'tutorials/embed.html', 'models/index.html', 'results/index.html#demo'):
        assert f'href="{page}"' in start
    assert 'href="docs/' not in start
