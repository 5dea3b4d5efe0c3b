"""Tables as a page that needs neither scripts nor other files."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks.report.cell import Cell
from benchmarks.report.table import Table

STYLE = """\
:root { color-scheme: light dark; --paper: #fff; --ink: #1a1a1a; --faint: #595959; --rule: #c4c4c4; --band: #f2f2f2; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #161616; --ink: #ececec; --faint: #b0b0b0; --rule: #4a4a4a; --band: #242424; }
}
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; border-block: 2px solid var(--ink); }
caption { text-align: start; font-weight: 600; padding-block: .5rem; }
th, td { padding: .3rem .8rem; text-align: start; vertical-align: top; }
thead th { border-block-end: 1px solid var(--ink); vertical-align: bottom; }
tbody th { font-weight: inherit; }
tbody + tbody { border-block-start: 1px solid var(--rule); }
tbody th[scope=rowgroup] { background: var(--band); color: var(--faint); font-style: italic; }
td.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.notes { color: var(--faint); font-size: .9rem; }
"""


def page(title: str, tables: Sequence[Table]) -> str:
    """A page of tables.

    Args:
        title: title of the page.
        tables: tables in order.
    """
    heading = f'<h1>{_text(title)}</h1>\n' if len(tables) > 1 else ''
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)}</title>
<style>
{STYLE}</style>
</head>
<body>
{heading}{''.join(_fragment(table) for table in tables)}</body>
</html>
"""


def _fragment(table: Table) -> str:
    """One table with its notes."""
    name = _text(table.title)
    lines = [f'<div class="scroll" role="region" aria-label="{name}" tabindex="0">', '<table>']
    lines += [f'<caption>{name}</caption>', '<thead>']
    lines += ['<tr>', *(f'<th scope="col">{_text(entry)}</th>' for entry in table.header), '</tr>', '</thead>']
    for title, group in table.groups():
        lines.append('<tbody>')
        if title:
            lines.append(f'<tr><th scope="rowgroup" colspan="{len(table.header)}">{_text(title)}</th></tr>')
        for row in group:
            lines += ['<tr>', *(_cell(cell, place, table.digits) for place, cell in enumerate(row)), '</tr>']
        lines.append('</tbody>')
    lines += ['</table>', '</div>']
    if table.notes:
        lines += ['<ul class="notes">', *(f'<li>{_text(note)}</li>' for note in table.notes), '</ul>']
    return '\n'.join([*lines, ''])


def _cell(cell: Cell, place: int, digits: int) -> str:
    """One cell; the first of a row names it."""
    text = _text(cell.text(digits))
    text = f'<strong>{text}</strong>' if cell.bold else text
    text = f'{text} <span class="mark">{_text(cell.mark)}</span>' if cell.mark else text
    if place == 0:
        return f'<th scope="row">{text}</th>'
    return f'<td class="number">{text}</td>' if cell.number is not None else f'<td>{text}</td>'


def _text(text: str) -> str:
    """Text that opens no tag and ends no attribute; control characters, which HTML forbids, are left out."""
    return escape(''.join(sign for sign in text if sign.isprintable() or sign in '\n\t'))
