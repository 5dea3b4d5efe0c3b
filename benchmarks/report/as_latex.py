r"""Tables for LaTeX, with the rules of the package booktabs."""

from __future__ import annotations

from benchmarks.report.cell import Cell
from benchmarks.report.table import Table

ESCAPES = {
    '\\': r'\textbackslash{}',
    '&': r'\&',
    '%': r'\%',
    '$': r'\$',
    '#': r'\#',
    '_': r'\_',
    '{': r'\{',
    '}': r'\}',
    '~': r'\textasciitilde{}',
    '^': r'\textasciicircum{}',
    '<': r'\textless{}',
    '>': r'\textgreater{}',
    '|': r'\textbar{}',
    '"': r'\textquotedbl{}',
    '[': '{[}',
    ']': '{]}',
    '±': r'$\pm$',
    '×': r'$\times$',
    '≤': r'$\leq$',
    '≥': r'$\geq$',
    '→': r'$\rightarrow$',
    '↑': r'$\uparrow$',
    '↓': r'$\downarrow$',
    '−': '$-$',
    '–': '--',
    '—': '---',
    '…': r'\ldots{}',
    '·': r'$\cdot$',
    '∞': r'$\infty$',
    '`': r'\textasciigrave{}',
}
r"""Signs that LaTeX reads otherwise. ``[`` after ``\\`` would be taken for a length."""

HEAD = '% Needs \\usepackage{booktabs} and, for the quotation mark, \\usepackage[T1]{fontenc}.'


def escape(text: str) -> str:
    """Text that LaTeX prints as it is, on one line; control characters are left out."""
    line = ' '.join(text.split())
    # The empty group keeps two hyphens, as in the name of an option, from becoming a dash.
    signs = [ESCAPES.get(sign, sign) for sign in line if sign.isprintable()]
    return ''.join('-{}' if sign == after == '-' else sign for sign, after in zip(signs, [*signs, ''][1:], strict=True))


def as_latex(table: Table) -> str:
    """A ``table`` float: caption, tabular, notes."""
    groups = list(table.groups())
    lines = [HEAD, r'\begin{table}', r'\centering', rf'\caption{{{escape(table.title)}}}']
    lines += [rf'\begin{{tabular}}{{{_alignment(table)}}}', r'\toprule']
    lines += [_row([escape(name) for name in table.header])]
    for title, group in groups:
        lines.append(r'\midrule')
        if title:
            lines.append(rf'\multicolumn{{{len(table.header)}}}{{l}}{{\textit{{{escape(title)}}}}} \\')
        lines += [_row([_cell(cell, table.digits) for cell in row]) for row in group]
    lines += [r'\bottomrule', r'\end{tabular}']
    lines += [rf'\par\smallskip{{\footnotesize {escape(note)}\par}}' for note in table.notes]
    return '\n'.join([*lines, r'\end{table}', ''])


def _alignment(table: Table) -> str:
    """Columns of numbers to the right, others to the left."""
    rows = [row for _, group in table.groups() for row in group]
    columns = [[row[place] for row in rows if row[place].value is not None] for place in range(len(table.header))]
    return ''.join('r' if cells and all(cell.number is not None for cell in cells) else 'l' for cells in columns)


def _row(cells: list[str]) -> str:
    """A line of the tabular."""
    return f'{" & ".join(cells)} \\\\'


def _cell(cell: Cell, digits: int) -> str:
    """Bold and mark of a cell."""
    text = escape(cell.text(digits))
    text = rf'\textbf{{{text}}}' if cell.bold else text
    return f'{text} {escape(cell.mark)}'.rstrip()
