"""The page as a browser shows it: without network, without a complaint, by mouse and by keyboard."""

from __future__ import annotations

import shutil

import pytest

from benchmarks.site import write_site
from tests.benchmarks.site import example

playwright = pytest.importorskip('playwright.sync_api', reason="a browser is driven by pip install '.[browser]'")
BROWSER = shutil.which('chromium') or shutil.which('google-chrome')
if BROWSER is None:
    pytest.skip('there is no browser: apt-get install chromium', allow_module_level=True)

SHOWN = 'section:not([hidden])'
PHONE = {'width': 390, 'height': 844}


@pytest.fixture(scope='module')
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=BROWSER)
        yield opened
        opened.close()


@pytest.fixture(scope='module')
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp('results')
    example.write(folder)
    return write_site(folder, folder / 'site').as_uri()


@pytest.fixture
def page(browser, address):
    """The page, opened; whatever it says to the console or asks of others fails the test."""
    opened, complaints = browser.new_page(), []
    opened.set_default_timeout(120_000)  # of a busy machine
    opened.on('console', lambda message: complaints.append(message.text))
    opened.on('pageerror', lambda error: complaints.append(str(error)))
    opened.on('dialog', lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    asked = []
    opened.on('request', lambda request: asked.append(request.url))
    opened.goto(address)
    opened.wait_for_selector(f'{SHOWN} .dt-search')
    yield opened
    assert complaints == []
    assert [url for url in asked if not url.startswith('data:') and url.partition('#')[0] != address] == []
    opened.close()


def column(page, number):
    """Texts of one column of the table that is shown, without the published rows, which stay below."""
    texts = page.locator(f'{SHOWN} table.display tbody tr > :nth-child({number + 1})').all_inner_texts()
    return texts[: len(example.ROWS)]


def test_a_table_sorts_searches_and_hides_columns(page):
    assert page.locator('h2:visible').inner_text() == 'All & everything'
    assert column(page, 1) == [*example.ROWS]
    head = page.locator(f'{SHOWN} thead').get_by_role('button', name='100 %')
    head.press('Enter')
    figures = [float(text.split()[0]) for text in column(page, 3)]
    assert figures == sorted(figures)
    head.click()
    assert [float(text.split()[0]) for text in column(page, 3)] == figures[::-1]
    page.locator(f'{SHOWN} .dt-search input').fill('quoted')
    assert column(page, 1) == [example.ROWS[1]]
    page.locator(SHOWN).get_by_role('button', name='Columns').click()
    page.locator('.dt-button-collection').get_by_text('10 %', exact=True).click()
    assert page.locator(f'{SHOWN} thead th:visible').count() == 6


def test_all_figures_are_filtered_by_what_is_in_a_column(page):
    page.get_by_role('link', name='All figures').click()
    page.wait_for_selector(f'{SHOWN} tbody tr')
    assert page.locator(f'{SHOWN} tbody tr').count() == len(example.ROWS) * len(example.COLUMNS)
    page.get_by_role('button', name='Filter by task').click()
    page.get_by_role('dialog').get_by_role('button', name='ModelNet40 a tenth').click()
    page.keyboard.press('Escape')
    assert page.locator(f'{SHOWN} tbody tr').count() == len(example.ROWS)
    assert set(column(page, 2)) == {'ModelNet40 a tenth'}


def test_two_rows_stand_side_by_side(page):
    boxes = page.locator(f'{SHOWN} td.choose input')
    boxes.nth(0).press(' ')
    boxes.nth(1).click()
    page.locator(SHOWN).get_by_role('button', name='Compare').click()
    dialog = page.get_by_role('dialog')
    assert dialog.locator('thead th').all_inner_texts()[1:] == [*example.ROWS[:2]]
    assert dialog.locator('tbody th').all_inner_texts()[:2] == [*example.COLUMNS]
    page.keyboard.press('Escape')
    assert dialog.count() == 0


def test_a_cell_opens_its_record(page):
    page.locator(f'{SHOWN} button.cell').nth(2).press('Enter')
    dialog = page.get_by_role('dialog')
    assert example.HOSTILE in dialog.locator('h2').inner_text()
    assert 'tools/benchmark.py' in dialog.locator('code').inner_text()
    assert '0.075' in dialog.locator('dl').first.inner_text()
    dialog.get_by_text('confusion matrix').click()
    counts = [int(text) for text in dialog.locator('table').last.locator('td').all_inner_texts() if text]
    assert sum(counts) == 12
    before = dialog.locator('table').first.inner_text()
    dialog.get_by_label('Seed').select_option('1')
    assert dialog.locator('table').first.inner_text() != before
    dialog.get_by_role('link', name=example.RELEASED).click()
    assert page.locator('h2:visible').first.inner_text() == example.RELEASED


def test_the_theme_changes_and_pictures_are_seen(page):
    paper = 'getComputedStyle(document.body).backgroundColor'
    light = page.evaluate(paper)
    page.get_by_role('button', name='Dark').click()
    assert page.evaluate(paper) != light
    page.get_by_role('link', name='Curve').click()
    assert page.locator(f'{SHOWN} img').evaluate('image => image.naturalWidth') > 100


def test_a_phone_shows_the_page_without_scrolling_it_sideways(page):
    page.set_viewport_size(PHONE)
    page.reload()
    page.wait_for_selector(f'{SHOWN} .dt-search')
    for name in ('All figures', 'Curve', example.RELEASED):
        page.get_by_text('Contents').click()
        page.get_by_role('link', name=name).click()
        assert page.evaluate('document.documentElement.scrollWidth') <= PHONE['width']


def test_axe_finds_nothing_serious(browser, address):
    axe = pytest.importorskip('axe_playwright_python.sync_playwright').Axe()
    page = browser.new_page(bypass_csp=True)  # which would refuse the script of axe
    page.set_default_timeout(120_000)
    page.goto(address)
    for opened in (None, 'button.cell', '#theme', 'a[href="#figures"]', f'a[href="#card-{example.RELEASED}"]'):
        if opened:
            page.locator(opened).locator('visible=true').first.click()
        found = axe.run(page).response['violations']
        assert [entry['id'] for entry in found if entry['impact'] in ('serious', 'critical')] == []
        page.keyboard.press('Escape')
    page.close()
