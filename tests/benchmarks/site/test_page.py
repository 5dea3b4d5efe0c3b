from __future__ import annotations

import base64
import gzip
import html
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from benchmarks.records import Result, Store
from benchmarks.site import write_site
from benchmarks.site.content import command, content_of
from tests.benchmarks.records.examples import record
from tests.benchmarks.site import example
from zoo.errors import UsageError
from zoo.hub import backbone_config
from zoo.registry import BACKBONES

pytest.importorskip('itables', reason="the page needs pip install '.[site]'")
pytest.importorskip('plotly', reason="the page needs pip install '.[site]'")
pytest.importorskip('markdown_it', reason="the page needs pip install '.[site]'")

MEGABYTE = 1 << 20


class Cells(HTMLParser):
    """Texts of the heads of rows and of cells, places of records, and names of all elements."""

    def __init__(self, page):
        super().__init__()
        self.texts, self.places, self.names = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if tag in ('th', 'td'):
            self.texts.append('')
        self.places += [value for name, value in attrs if name == 'data-records']

    def handle_data(self, data):
        if self.texts:
            self.texts[-1] += data


def measured(store):
    return [result for result in store.results.values() if result.record]


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    """The page of the example, its content for scripts, and the results file."""
    folder = tmp_path_factory.mktemp('results')
    example.write(folder)
    page = write_site(folder, folder / 'site').read_text('utf-8')
    packed = re.search(r'id="packed">([^<]*)<', page).group(1)
    return page, json.loads(gzip.decompress(base64.b64decode(packed))), Store.of(folder)


def test_the_page_is_small_and_asks_nobody(site):
    page, _, _ = site
    assert len(page.encode()) < 5 * MEGABYTE
    assert not re.findall(r'src="(?!data:)[^"]*|<link\b|@import|url\((?!["\']?data:)[^)]*', page)
    assert "default-src 'none'" in page


def test_names_are_text(site):
    page, _, _ = site
    assert example.HOSTILE not in page
    cells = Cells(page)
    assert cells.names.count('script') == 5  # those of the page: theme, records, plots, the table component, its own
    assert {*example.ROWS, example.HOSTILE} <= {text.strip() for text in cells.texts}
    assert '>All &amp; everything</h2>' in page


def test_cells_say_what_the_records_say(site):
    page, content, store = site
    cells = Cells(page)
    assert len(cells.places) == 2 * len(example.ROWS) * len(example.COLUMNS)
    for places in cells.places:
        runs = [content['records'][int(place)] for place in places.split()]
        assert [run['seed'] for run in runs] == [*example.SEEDS]
        mean = sum(run['metrics']['oa'] for run in runs) / len(runs)
        assert any(text.startswith(f'{mean:.1f} ± ') for text in cells.texts)
    for described, result in zip(content['records'], measured(store), strict=True):
        assert described['label'] == result.label
        assert described['metrics']['oa'] == pytest.approx(result.record.metrics['oa'], abs=1e-3)
        assert described['parts']['protocol'] == dict(result.record.protocol)
        assert described['command'].endswith(' --profile demo --models recon-nano')


def test_published_figures_stand_below_and_open_no_record(site):
    rows = re.findall(r'<tr><td class="choose"></td>.*?</tr>', site[0], re.DOTALL)
    published = [row for row in rows if '<td>published</td>' in row]
    assert len(published) > 2
    assert not any('data-records' in row for row in published)
    assert sum('<td>measured</td>' in row for row in rows) == len(rows) - len(published) == 2 * len(example.ROWS)
    assert '<td>measured</td>' in rows[len(example.ROWS) - 1]
    assert '<td>published</td>' in rows[len(example.ROWS)]


def test_signs_curves_and_contamination_are_shown(site):
    page, _, _ = site
    assert page.count('data:image/svg+xml;base64,') == 1
    assert page.count('class="saw"') == 2 * len(example.COLUMNS)
    bars = re.findall(r'--low:(-?[\d.]+)%;--high:([\d.]+)%;--mean:([\d.]+)%', page)
    assert len(bars) == 2 * len(example.ROWS) * len(example.COLUMNS)
    assert all(0 <= float(low) <= float(mean) <= float(high) <= 100 for low, high, mean in bars)


def test_a_confusion_matrix_counts_the_predictions(site):
    _, content, store = site
    for described, result in zip(content['records'], measured(store), strict=True):
        found, counts = result.unpacked, described['confusion']['counts']
        assert sum(count for _, _, count in counts) == len(found)
        assert sum(count for truth, guess, count in counts if truth == guess) == found.score.sum()
        right = {truth: count for truth, guess, count in counts if truth == guess}
        for label, name in described['confusion']['labels'].items():
            if not name.startswith('class '):
                expected = 100 * right.get(int(label), 0) / int((found.target == int(label)).sum())
                assert described['classes'][name] == pytest.approx(expected, abs=0.01)


def test_all_figures_are_listed_once(site):
    _, content, _ = site
    figures = content['figures']
    assert sorted((row['model'], row['task']) for row in figures) == sorted(
        (row, f'ModelNet40 {variant}'.strip()) for row in example.ROWS for variant in example.COLUMNS.values()
    )
    assert {row['seeds'] for row in figures} == {len(example.SEEDS)}
    assert {row['saw'] for row in figures if row['model'] == example.ROWS[1]} == {'5 of 12'}


def test_the_command_names_encoders_packs_and_seeds(site):
    plan = site[2].plans['demo', 'leaderboard'].model_copy(update={'suite': 'svm', 'profile': 'night'})
    adapter = {'module': 'benchmarks.encoders.adapters', 'factory': 'released', 'arguments': {'name': 'smc-nano_x'}}
    mine = {'module': 'mine.py', 'factory': 'Encoder', 'arguments': {'width': 64, 'name': 'a b'}}
    start = 'python tools/benchmark.py --suite svm --profile night'
    assert command(plan, record(protocol={'encoder': adapter})) == f'{start} --encoder smc-nano_x --packs FOLDER'
    assert command(plan, record(protocol={'encoder': mine})) == (
        f"{start} --encoder mine.py:Encoder --encoder-arg width=64 --encoder-arg 'name=a b' --packs FOLDER"
    )
    other = plan.model_copy(update={'profile': 'demo', 'figures': [
        plan.figures[0].model_copy(update={'seed': seed}) for seed in range(5)]})  # fmt: skip
    assert command(other, record(pretraining={'data': ''})).endswith('--profile demo --seeds 5')


def test_figures_say_how_large_a_student_is_and_what_it_saw(site):
    _, content, _ = site
    student = BACKBONES.build(backbone_config('recon-nano', 'features'))
    for row in content['figures']:
        assert row['parameters'] == sum(tensor.numel() for tensor in student.parameters())
        assert row['backbone'] == 'PointTransformer'
        assert row['half'] is None or row['text'].endswith(f'{row["half"]:.1f}')
        assert row['samples'] is None  # the example does not say how many objects there were
    made = record(pretraining={'data': 'x', 'objects': 30, 'epochs': 4}, protocol={'student': 'mine'})
    found = content_of({'k': Result(key='k', record=made)}, [], {})['figures'][0]
    assert (found['samples'], found['parameters']) == (120, None)


def test_losses_of_a_pretraining_and_views_are_in_the_page(site):
    page, content, _ = site
    assert content['losses'] == {example.PRETRAINING: {'loss': [[1, 2.0], [2, 1.0]]}}
    assert {described['losses'] for described in content['records']} == {'', example.PRETRAINING}
    assert len(content['views']) == 1
    assert f'<h2>{html.escape(example.VIEW)}</h2>' in page
    assert 'Nothing but noise.' in page


def test_texts_are_shown_without_html_of_their_own(tmp_path):
    example.write(tmp_path)
    (tmp_path / 'views' / 'speed.md').write_text(
        f'# Speed {example.HOSTILE}\n\n| a | b |\n|---|---|\n| 1 | [x](y.md) |\n'
    )
    page = write_site(tmp_path, tmp_path / 'site').read_text('utf-8')
    section = page[page.index('<section id="text-0"') :].partition('</section>')[0]
    assert f'<h2>Speed {html.escape(example.HOSTILE)}</h2>' in section
    assert '<td>x</td>' in section
    assert '<a href="#text-0">speed</a>' in page


def test_a_broken_view_is_named(tmp_path):
    example.write(tmp_path)
    (tmp_path / 'views' / 'bad.json').write_text('{"data": []}')
    with pytest.raises(UsageError, match=r'bad\.json is no figure of tools/visualize\.py'):
        write_site(tmp_path, tmp_path / 'site')


def test_what_is_missing_is_said_in_a_line(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match='holds no results'):
        write_site(tmp_path, tmp_path / 'site')
    assert not (tmp_path / 'site').exists()
    monkeypatch.setitem(sys.modules, 'itables', None)
    with pytest.raises(UsageError, match=r"--site needs itables: pip install '\.\[site\]'"):
        write_site(tmp_path, tmp_path / 'site')


def test_weights_of_the_index_have_their_card(site):
    page, content, _ = site
    assert {described['card'] for described in content['records']} == {'', example.RELEASED}
    card = page[page.index(f'<section id="card-{example.RELEASED}"') :]
    assert '<h2>' in card
    assert '](' not in card[: card.index('</section>')]


def test_records_that_no_table_asks_for_are_listed(tmp_path):
    stored = Path(__file__).parents[3] / 'docs' / 'results' / 'scan_variants'
    page = write_site(stored, tmp_path).read_text('utf-8')
    assert Cells(page).places == []
    assert 'All figures' in page
