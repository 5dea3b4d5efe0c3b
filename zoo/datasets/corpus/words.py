"""What an object of a collection is called, and what its source says of it."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zoo.datasets.captions import readable
from zoo.datasets.corpus.collections import Collection
from zoo.datasets.sweethome3d.debian import Copyright, parse_copyright

HEAD = 4096
"""Bytes at the head of an LDraw part that are read for its words."""

PRINTED = re.compile(r'\b(pattern|print(ed)?|sticker)\b', re.IGNORECASE)
NO_PART = re.compile(r'[~=_|]')
"""How titles of LDraw begin that are no parts by themselves: pieces of others, other names, colors."""

CATEGORIES = {'obj': 'thing', 'chr': 'character', 'veh': 'vehicle', 'env': 'scenery', 'mob': 'creature'}
"""Abbreviations of mmmm."""

COLOURS = frozenset({
    'black', 'blue', 'brown', 'cyan', 'gold', 'gray', 'green', 'grey', 'orange', 'pink', 'purple', 'red', 'white',
    'yellow',
})  # fmt: skip
LETTER = frozenset({'letter', 'number', 'digit', 'alphabet', 'character', 'neon', 'sign'})

Words = dict[str, Any]


def plain(name: str) -> str:
    """Return a file name as words: no numbers at its end, no underscores."""
    words = readable(re.sub(r'[^\w.]+', ' ', name).replace('_', ' ')).split()
    while len(words) > 1 and re.fullmatch(r'[\d.]+[a-z]?', words[-1]):
        words.pop()
    return re.sub(r'(?<=[a-z]{2})\d+[a-z]?$', '', ' '.join(words)) or name.lower()


def family(name: str) -> str:
    """Return what names of near-duplicates share, their letters: ``PinHeader_1x02`` and ``PinHeader_2x02`` are kin."""
    return ' '.join(re.findall('[a-z]+', readable(name)))


def is_letter(name: str) -> bool:
    """Say whether a name is that of a letter or digit, such as ``'b red'`` or ``'letter x'``."""
    words = [word for word in name.split() if word not in COLOURS]
    rest = [word for word in words if word not in LETTER]
    return len(rest) == 1 and len(rest[0]) == 1


def words_of(collection: Collection, root: Path, path: Path, found: re.Match[str]) -> Words | None:
    """Return the words of an object, None where its source says that it is none.

    Args:
        collection: Collection that the object is of.
        root: Its folder.
        path: The mesh.
        found: The match of the collection's pattern.

    Returns:
        ``name``, ``category``, ``tags``, ``caption`` (the source's own, else empty), ``creator``, ``licence`` and
        ``holder``.
    """
    groups = found.groupdict()
    name = plain(groups['name'])
    category = readable(groups.get('category') or '')
    words: Words = {
        'name': name,
        'category': CATEGORIES.get(category, category),
        'tags': [],
        'caption': '',
        'creator': 'not stated',
        'licence': collection.licence,
        'holder': collection.holder,
    }
    more = _MORE.get(collection.words)
    stated = more(root, path) if more else {}
    if stated is None:
        return None
    words |= {key: value for key, value in stated.items() if value}
    if collection.words == 'config' and name not in words['name']:
        words['name'] = f'{words["name"]}, {name}'
    if collection.name == 'kicad':
        licence = _rights(root, collection.notices).find(found[1])
        words |= dict(zip(('licence', 'holder'), licence, strict=True)) if licence else {}
    words['category'] = words['category'] or words['name'].split()[0]
    return words


def _ldraw(root: Path, path: Path) -> Words | None:
    """Read title, author, licence, category and keywords at the head of a part."""
    with path.open('rb') as file:
        lines = file.read(HEAD).decode('utf-8', errors='replace').splitlines()
    title = ' '.join(lines[0].split()[1:]) if lines else ''
    if not title or NO_PART.match(title) or PRINTED.search(title):
        return None
    kind = next((line for line in lines if '!LDRAW_ORG' in line), '0 !LDRAW_ORG Part')
    if not re.search('Part|Shortcut', kind) or re.search('Alias|Physical_Colour|Subpart', kind):
        return None
    keys = ('Author', '!LICENSE', '!CATEGORY', '!KEYWORDS')
    found = {key: ' '.join(re.findall(rf'^0 {key}:?\s+(.*)', '\n'.join(lines), re.MULTILINE)) for key in keys}
    version = re.search(r'CC ?BY ?(\d\.\d)|CCAL version (\d\.\d)', found['!LICENSE'])
    return {
        'name': title.lower(),
        'caption': title.lower(),
        'category': (found['!CATEGORY'] or title.split()[0]).lower(),
        'tags': [word.strip().lower() for word in found['!KEYWORDS'].split(',') if word.strip()],
        'creator': found['Author'],
        'licence': version and (f'CC-BY-{version[1]}' if version[1] else f'CCAL {version[2]}'),
    }


def _json(root: Path, path: Path) -> Words | None:
    """Read ``data.json`` of the folder of an asset; colliders are no objects."""
    if re.search(r'collider|collision', path.stem, re.IGNORECASE):
        return None
    for folder in path.parents:
        if (folder / 'data.json').is_file():
            try:
                stated = json.loads((folder / 'data.json').read_text(encoding='utf-8'))
                tags = [str(tag) for tag in stated.get('tags', [])]
                texts = {key: str(stated.get(key) or '') for key in ('name', 'category', 'caption')}
            except (OSError, ValueError, AttributeError, TypeError, RecursionError):
                return {}
            return {**texts, 'name': plain(texts['name']) if texts['name'] else '', 'tags': tags}
        if folder == root:
            break
    return {}


def _config(root: Path, path: Path) -> Words | None:
    """Read name and authors of ``model.config``."""
    folder = next((each for each in path.parents if each.name == 'meshes'), path).parent
    try:
        text = (folder / 'model.config').read_text(encoding='utf-8', errors='replace')[:65536]
    except OSError:
        return {'name': plain(folder.name)}
    name = re.search(r'<model>.*?<name>([^<]+)</name>', text, re.DOTALL)
    authors = re.findall(r'<author>.*?<name>([^<]+)</name>', text, re.DOTALL)
    return {
        'name': plain(' '.join(name[1].split()) if name else folder.name),
        'creator': ', '.join(map(str.strip, authors)),
    }


def _report(root: Path, path: Path) -> Words | None:
    """Look the category up in ``category-report.txt``, which names every model below its category."""
    return {'category': _categories(next(root.rglob('category-report.txt'), root)).get(plain_key(path.stem), 'props')}


@functools.lru_cache(maxsize=4)
def _categories(report: Path) -> dict[str, str]:
    found, category = {}, ''
    lines = report.read_text(encoding='utf-8', errors='replace').splitlines() if report.is_file() else []
    for line in lines:
        if line.startswith('## '):
            category = re.sub(r'\(.*', '', line[3:]).strip().lower()
        elif line.strip():
            found[plain_key(line)] = category
    return found


def plain_key(name: str) -> str:
    """Return the letters and digits of a name."""
    return re.sub(r'[\W_]+', '', name).lower()


@functools.lru_cache(maxsize=4)
def _rights(root: Path, notices: tuple[str, ...]) -> Copyright:
    return parse_copyright(notice(root, notices))


def notice(root: Path, names: tuple[str, ...]) -> str:
    """Return the text with the licence of a collection: below its folder, its only subfolder, or above it."""
    inside = [each for each in root.iterdir() if each.is_dir()] if root.is_dir() else []
    for folder in (root, *sorted(inside)[:8], *root.absolute().parents):
        for name in names:
            if (folder / name).is_file():
                return (folder / name).read_text(encoding='utf-8', errors='replace')
    return ''


_MORE: dict[str, Callable[[Path, Path], Words | None]] = {
    'ldraw': _ldraw, 'json': _json, 'config': _config, 'report': _report,
}  # fmt: skip
