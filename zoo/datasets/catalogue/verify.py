"""Lists of objects against the published ones: count, digest, classes, duplicates, overlap of the splits."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path

from zoo.datasets.catalogue.class_names import check_class_names, locate_class_names
from zoo.datasets.catalogue.lists import Official, describe, group, locate, read_names
from zoo.datasets.catalogue.report import Report, few, number
from zoo.errors import UsageError

Lists = dict[str, dict[str, list[str]]]
"""Names by dataset and split."""


def check_lists(folder: Path, report: Report, only: str | None = None) -> None:
    """Check every official list in or below a folder.

    A list that differs from the published one is 'failed', one that cannot be read 'damaged'.

    Args:
        folder: Folder of a dataset, or of lists alone.
        report: Report that takes the findings; its facts get ``lists``.
        only: The dataset whose lists are checked; all by default.
    """
    right: Lists = {}
    for official, place in locate(folder):
        if only not in (None, official.name):
            continue
        names = _read(official, place, report)
        if names is None:
            continue
        facts = {split: describe(listed, official) for split, listed in names.items()}
        report.facts.setdefault('lists', {})[str(place / official.name)] = facts
        before = len(report.at('failed'))
        for split, listed in names.items():
            _check_split(official, split, listed, place, report)
        _check_overlap(official, names, report)
        if len(report.at('failed')) == before:
            counts = [f'{len(listed):,} {split}' for split, listed in names.items()]
            classes = len({kind for listed in names.values() for kind in group(listed, official)})
            text = f'{_series(counts)} names of {classes} classes, none twice, as published'
            report.add('ok', official.name, f'{text} ({place})')
            right[official.name] = names
    _known_flaws(right, report)
    check_class_names(folder, report, only)


def has_lists(folder: Path) -> bool:
    """Say whether there is an official list, or file of class names, in or below a folder."""
    return bool(locate(folder) or locate_class_names(folder))


def _read(official: Official, place: Path, report: Report) -> dict[str, list[str]] | None:
    """Read the lists of all splits; None when one cannot be read."""
    try:
        return {split: read_names(place / name) for split, name in official.files.items()}
    except UsageError as error:
        report.add('damaged', official.name, str(error))
        return None


def _check_split(official: Official, split: str, names: list[str], place: Path, report: Report) -> None:
    """Compare one list with the published one."""
    file = place / official.files[split]
    wrong = [(line, name) for line, name in enumerate(names, 1) if not official.line.fullmatch(name)]
    if wrong:
        listed = few(f'line {line}: {name[:80]!r}' for line, name in wrong)
        report.add('failed', official.name, f'{file} has names of another form: {listed}')
    unknown = {kind: members for kind, members in group(names, official).items() if kind not in official.kinds}
    if unknown:
        listed = few(f'{members[0]} ({len(members):,} of {kind})' for kind, members in unknown.items())
        report.add('failed', official.name, f'{file} names objects of unknown classes: {listed}')
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        report.add('failed', official.name, f'{file} names {number(len(twice), "object")} more than once: {few(twice)}')
    expected, found = official.published(split), describe(names, official)
    if found['count'] != expected['count']:
        text = f'{found["count"]:,} names, {expected["count"]:,} were published'
        report.add('failed', official.name, f'{file} has {text}{_difference(official, split, names)}')
    elif found['sha256'] != expected['sha256']:
        text = f'{found["count"]:,} names, but not those that were published (sha256 {found["sha256"][:12]}…)'
        report.add('failed', official.name, f'{file} has {text}{_difference(official, split, names)}')


def _difference(official: Official, split: str, names: list[str]) -> str:
    """Say where names differ: which, where the published ones are known, and else in which classes."""
    if official.names is not None:
        right = official.names(split)
        strange, lacking = sorted(set(names) - set(right)), sorted(set(right) - set(names))
        texts = [f'{few(strange)} not published'] if strange else []
        return _after(texts + ([f'{few(lacking)} missing'] if lacking else []))
    expected, found = official.published(split)['classes'], describe(names, official)['classes']
    kinds = [kind for kind in official.kinds if expected.get(kind) != found.get(kind)]
    texts = [
        f'{official.kinds[kind]} ({kind}) has {found.get(kind, [0])[0]:,} instead of {expected.get(kind, [0])[0]:,}'
        if found.get(kind, [0])[0] != expected.get(kind, [0])[0]
        else f'{official.kinds[kind]} ({kind}) has other names'
        for kind in kinds
    ]
    return _after([few(texts)] if texts else [])


def _check_overlap(official: Official, names: dict[str, list[str]], report: Report) -> None:
    """Compare what two splits share with what the published ones do."""
    for one, other in combinations(names, 2):
        shared = sorted(set(names[one]) & set(names[other]))
        known = (official.overlaps or {}).get((one, other), 0)
        if len(shared) > known:
            text = f'{one} and {other} share {number(len(shared), "object")}'
            text += f', in the published lists {known}' if known else ''
            report.add('failed', official.name, f'{text}: {few(shared)}')


def _known_flaws(right: Lists, report: Report) -> None:
    """Note what is wrong with the published lists themselves, counted in the lists at hand."""
    part, shapes = right.get('shapenetpart'), right.get('shapenet55')
    if part:
        shared = [f'{len(set(part[a]) & set(part[b]))} in {a} and {b}' for a, b in combinations(part, 2)]
        report.add('note', 'shapenetpart', f'the published splits share objects: {_series(shared)}')
    if shapes:
        train = {_model(name) for name in shapes['train']}
        leaked = sum(_model(name) in train for name in shapes['test'])
        text = f'{leaked:,} models of the test list are in the train list too, under another class, as published'
        report.add('note', 'shapenet55', text)
    if part and shapes:
        test = {name.rpartition('/')[2] for name in part['test']}
        seen = len(test & {_model(name) for name in shapes['train']})
        text = f'{seen:,} of {len(test):,} test models are in the train list of shapenet55: pretraining has seen them'
        report.add('note', 'shapenetpart', text)


def _model(name: str) -> str:
    """Return the model of a ShapeNet55 name, which may stand under several classes."""
    return name.partition('-')[2].removesuffix('.npy')


def _series(texts: list[str]) -> str:
    """Join texts as prose does."""
    return ', '.join(texts[:-1]) + (' and ' if len(texts) > 1 else '') + texts[-1]


def _after(texts: list[str]) -> str:
    return f': {"; ".join(texts)}' if texts else ''
