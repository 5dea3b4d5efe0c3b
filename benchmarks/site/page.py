"""The page as a file."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from pathlib import Path
from typing import Any

from benchmarks.release.card import card
from benchmarks.report.ranking import BETTER, WORSE
from benchmarks.run.results import Results
from benchmarks.site.content import content_of
from benchmarks.site.views import views
from zoo.errors import UsageError
from zoo.hub.index import entries
from zoo.io import from_json, write_whole
from zoo.visualize.panels import TURN_TOGETHER

HERE = Path(__file__).parent
MARKS = {BETTER: 'better than', WORSE: 'worse than'}
"""Signs of a table in words, for those who hear it."""


def write_site(out: Path, folder: Path) -> Path:
    """Write ``index.html`` with all that a results file holds; it needs neither network nor other files.

    Args:
        out: folder of results. Its ``views`` may hold more to show: Plotly figures (.json), see ``tools/visualize.py``,
            and texts (.md), such as that of speeds by ``python -m benchmarks.gpu``.
        folder: folder of the page.

    Returns:
        The file.

    Raises:
        UsageError: there are no results, or a package that the page is made with is missing.
    """
    try:
        import itables
        import jinja2
        import plotly
    except ImportError as error:
        raise UsageError(f"--site needs {error.name}: pip install '.[site]'") from error
    results = Results(out)
    finished = {result.key: result for result in results.finished()}
    found = {key: result for key, result in finished.items() if result.record}
    if not found:
        raise UsageError(f'{out} holds no results: name their folder by --out, or measure something first')
    used = {result.record.weights_digest for result in found.values() if result.record}
    cards = {
        entry.rounded_from: entry for entry in entries().values() if entry.rounded_from and entry.rounded_from in used
    }
    names = {digest: entry.name for digest, entry in cards.items()}
    figures = {path.stem: _figure(path) for path in sorted((out / 'views').glob('*.json'))}
    content = json.dumps(content_of(finished, [*results.store.plans.values()], names, [*figures.values()])).encode()
    plots = Path(plotly.__file__).parent / 'package_data' / 'plotly.min.js'
    tables = Path(itables.__file__).parent / 'html'
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True)
    page = environment.get_template('page.html').render(
        title=f'Benchmark: {out.resolve().name}',
        groups=views(results),
        places={key: place for place, key in enumerate(found)},
        marks=MARKS,
        cards={entry.name: _as_html(card(entry)) for entry in cards.values()},
        texts={path.stem: _as_html(path.read_text('utf-8')) for path in sorted((out / 'views').glob('*.md'))},
        figures={name: _said(figure, name) for name, figure in figures.items()},
        content=_packed(content),
        plots=_packed(plots.read_bytes()),
        turning=TURN_TOGETHER,
        style=(HERE / 'page.css').read_text('utf-8'),
        script=(HERE / 'page.js').read_text('utf-8'),
        tables_style=(tables / 'dt_bundle.css').read_text('utf-8'),
        tables_script=base64.b64encode((tables / 'dt_bundle.js').read_bytes()).decode(),
    )
    path = folder / 'index.html'
    write_whole(path, page.encode())
    return path


def _packed(content: bytes) -> str:
    """Content that the page unpacks when it needs it."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def _figure(path: Path) -> dict[str, Any]:
    """A Plotly figure.

    Raises:
        UsageError: the file is none.
    """
    try:
        figure = from_json(path.read_text('utf-8'))
        if not (isinstance(figure['data'], list) and isinstance(figure['layout'], dict)):
            raise TypeError('it has no traces')
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f'{path} is no figure of tools/visualize.py: remove it, or make it again') from error
    return dict(figure)


def _said(figure: dict[str, Any], name: str) -> tuple[str, str]:
    """Title of a figure and the words below it, as text."""
    title, about = figure['layout'].get('title'), figure['layout'].get('meta')
    words = [part.get(key) if isinstance(part, dict) else '' for part, key in ((title, 'text'), (about, 'about'))]
    return html.unescape(str(words[0] or name)), str(words[1] or '')


def _as_html(text: str) -> str:
    """Markdown as HTML, one level below the title of the page; links into the repository are plain text."""
    from markdown_it import MarkdownIt

    text = re.sub(r'<!--.*?-->', '', text)
    text = re.sub(r'!?\[([^]]*)\]\((?!https://)[^)]*\)', r'\1', text)
    text = re.sub(r'^#', '##', text, flags=re.MULTILINE)
    return MarkdownIt('commonmark', {'html': False}).enable('table').render(text)
