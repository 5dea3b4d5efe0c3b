"""Who made what, and under which terms: to be printed, and to be kept with everything that is made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo.compat import expand
from zoo.io import write_whole

HEAD = (
    'Points and pictures made of 3D models of Sweet Home 3D (https://www.sweethome3d.com): the surfaces were\n'
    'turned, scaled, sampled and drawn. Keep this list with them.'
)

ADDRESSES = {
    'CC0': 'https://creativecommons.org/publicdomain/zero/1.0/',
    'CC-BY-3.0': 'https://creativecommons.org/licenses/by/3.0/',
    'CC-BY-3.0-US': 'https://creativecommons.org/licenses/by/3.0/us/',
    'CC-BY-4.0': 'https://creativecommons.org/licenses/by/4.0/',
    'CC-BY-SA-4.0-with-exception': 'https://www.kicad.org/libraries/license/',
    'GPL-3': 'https://www.gnu.org/licenses/gpl-3.0.html',
    'GPL-3+': 'https://www.gnu.org/licenses/gpl-3.0.html',
    'GPL-2+': 'https://www.gnu.org/licenses/old-licenses/gpl-2.0.html',
}
"""Where the licences can be read."""


def licence_summary(infos: Iterable[Mapping[str, Any]]) -> str:
    """Return a table of licences: how many objects each has, and by whom.

    Args:
        infos: Results of ``SweetHome3D.info`` for every object.
    """
    counts: Counter[str] = Counter()
    creators: dict[str, Counter[str]] = {}
    for info in infos:
        counts[info['licence']] += 1
        creators.setdefault(info['licence'], Counter())[info['creator']] += 1
    lines = [f'{"objects":>7}  {"licence":<14}  creators']
    for licence, count in counts.most_common():
        names = creators[licence]
        first = ', '.join(f'{name} ({number})' for name, number in names.most_common(4))
        more = f' and {len(names) - 4} more' if len(names) > 4 else ''
        lines.append(f'{count:>7}  {licence:<14}  {first}{more}')
    return '\n'.join([*lines, f'{sum(counts.values()):>7}  in all'])


def attribution(infos: Sequence[Mapping[str, Any]], catalogues: Sequence[Mapping[str, Any]], head: str = HEAD) -> str:
    """Return name, creator and licence of every object, and the notices of their catalogues, as Markdown.

    Args:
        infos: Results of ``SweetHome3D.info`` for every object.
        catalogues: The catalogues, as ``SweetHome3D.catalogues``.
        head: Text before the list.
    """
    lines = ['# Attribution', '', *head.split('\n'), '']
    stated = sorted({info['licence'] for info in infos})
    lines += [f'- {licence}: {ADDRESSES.get(licence, "see the notices below")}' for licence in stated]
    lines += ['', '| object | id | creator | holder of the copyright | licence |', '|---|---|---|---|---|']
    for info in infos:
        cells = [info[key] for key in ('name', 'id', 'creator', 'holder', 'licence')]
        lines.append('| ' + ' | '.join(str(cell).replace('|', '/') for cell in cells) + ' |')
    used = {info['catalogue'] for info in infos}
    for catalogue in catalogues:
        if catalogue['name'] in used:
            statement = catalogue['licence'] or 'not stated'
            lines += ['', f'## {catalogue["name"]}', '', f'Source: {catalogue["source"]}', '', f'States: {statement}']
            if catalogue['notice'].strip():
                lines += ['', '```text', catalogue['notice'].strip().replace('```', "'''"), '```']
    return '\n'.join(line.rstrip() for line in '\n'.join(lines).split('\n')) + '\n'


def write_attribution(
    path: str | Path, infos: Sequence[Mapping[str, Any]], catalogues: Sequence[Mapping[str, Any]], head: str = HEAD
) -> Path:
    """Write ``attribution`` to a file in one step; return the file."""
    target = expand(path)
    write_whole(target, attribution(infos, catalogues, head))
    return target
