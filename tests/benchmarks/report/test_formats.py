"""Whatever text a table holds, every format shows it and nothing else happens."""

from __future__ import annotations

import io
import random
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from benchmarks.records import Estimate
from benchmarks.report import Quoted, Table, as_csv, as_latex, as_markdown, page
from benchmarks.report.as_latex import ESCAPES, escape

NASTY = [
    'a_b & 100 % of $5 #1 {x} ~ ^ \\ \\input{x}',
    '<script>alert(1)</script>',
    '"quoted" \'single\' `tick`',
    '</td></table><img src=x onerror=y>',
    '&amp; &lt; &#39;',
    'a|b||c \\| d',
    'two\nlines\r\nand\ttab',
    '=1+1',
    'café ± 点云',
    '--cfg-options',
    '[1ex]',
    ', ; ""',
    '',
    'NA',
]
SIGNS = '\\&%$#_{}~^<>|"\'`[]±→↑≤–-,;\n\t ab1é点'


def texts(count, seed):
    generator = random.Random(seed)
    return NASTY + [''.join(generator.choices(SIGNS, k=generator.randrange(1, 25))) for _ in range(count)]


class Reader(HTMLParser):
    """Texts of the cells and every tag."""

    def __init__(self):
        super().__init__()
        self.cells, self.tags, self.inside = [], set(), False

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag in ('td', 'th'):
            self.inside = True
            self.cells.append('')

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ('td', 'th')

    def handle_data(self, data):
        if self.inside:
            self.cells[-1] += data


def test_html_shows_every_text_as_it_is():
    given = texts(200, 0)
    reader = Reader()
    table = Table('t <b>', ['name & "x"', 'v'], [[text, 'y'] for text in given], ['<i>note</i>'])
    reader.feed(page(table.title, [table]))
    assert reader.cells[0] == 'name & "x"'
    assert [cell.replace('\r', '') for cell in reader.cells[2::2]] == [text.replace('\r', '') for text in given]
    assert reader.tags.isdisjoint({'script', 'img', 'b', 'i'})


def test_html_needs_nothing_else():
    content = page('All', [Table('one', ['a'], [['x']]), Table('two', ['a'], [['x']])])
    assert not re.search(r'<script|<link|https?:|url\(|@import|\son\w+=', content)
    assert 'prefers-color-scheme: dark' in content
    assert 'color-scheme: light dark' in content
    assert content.count('<table>') == content.count('</table>') == 2
    assert '<html lang="en">' in content


def unescape(text):
    """Back from LaTeX, as a reader of the page sees it."""
    for sign, command in sorted(ESCAPES.items(), key=lambda entry: -len(entry[1])):
        if sign != '\\':
            text = text.replace(command, sign if sign not in '–—' else command)
    return text.replace('-{}', '-').replace(r'\textbackslash{}', '\\')


def test_latex_escapes_every_sign_of_its_own():
    for text in texts(300, 1):
        found = escape(text)
        bare = re.sub(r'\\textasciicircum\{\}|\\text[a-z]+\{\}|\\[&%$#_{}]|\$\\?[a-z-]*\$|\\ldots\{\}', '', found)
        bare = bare.replace('-{}', '').replace('{[}', '').replace('{]}', '')
        assert not set(bare) & set('&%$#_{}~^\\<>|"[]`'), (text, found)


@pytest.mark.parametrize('text', ['a_b & c', '100 %', 'x {y}', '~^', 'ReCon#6', '--cfg-options a=b', 'a ± b'])
def test_latex_loses_nothing(text):
    assert unescape(escape(text)) == text


def test_latex_has_one_line_per_row_and_its_cells():
    given = texts(100, 2)
    lines = as_latex(Table('t', ['a', 'b'], [[text, text] for text in given])).splitlines()
    body = lines[lines.index(r'\midrule') + 1 : lines.index(r'\bottomrule')]
    assert len(body) == len(given)
    assert all(line.endswith(r' \\') and len(re.findall(r'(?<!\\)&', line)) == 1 for line in body)


def test_markdown_keeps_its_columns():
    given = texts(100, 3)
    lines = as_markdown(Table('t', ['a', 'b'], [[text, 'y'] for text in given])).splitlines()[4:-1]
    assert len(lines) == len(given)
    assert all(len(re.findall(r'(?<!\\)\|', line)) == 3 for line in lines)
    assert not any('<' in line for line in lines)


def test_csv_reads_back_with_pandas():
    given = texts(200, 4)
    generator = np.random.default_rng(0)
    numbers = generator.normal(50, 20, len(given))
    rows = [[text, Estimate(n, n / 7, 3, n / 9), float(n), 7] for text, n in zip(given, numbers, strict=True)]
    content = as_csv(Table('t', ['text', 'OA', 'x', 'k'], rows, ['no note in here']))
    frame = pd.read_csv(io.StringIO(content, newline=''), keep_default_na=False)
    assert list(frame['text']) == given
    np.testing.assert_array_equal(frame['OA'], numbers)
    np.testing.assert_array_equal(frame['OA low'], [n - n / 7 for n in numbers])
    np.testing.assert_array_equal(frame['OA std'], [n / 9 for n in numbers])
    np.testing.assert_array_equal(frame['x'], numbers)
    assert (set(frame['OA n']), set(frame['k'])) == ({3}, {7})
    assert 'no note' not in content


def test_numbers_stay_numbers_beside_text():
    rows = [['a', Estimate(50.0, 1.0, 3)], ['b', 'not measured'], ['c', None]]
    table = Table('t', ['m', 'OA'], rows, blocks={'Published': [['d', Quoted(95.35, 1.5)]]})
    frame = pd.read_csv(io.StringIO(as_csv(table)))
    assert frame['OA'].dtype == np.float64
    assert list(frame['OA'].dropna()) == [50.0, 95.35]
    assert frame['OA note'][1] == 'not measured'
    assert frame['OA std'][3] == 1.5
    assert list(frame['block'].fillna('')) == ['', '', '', 'Published']
