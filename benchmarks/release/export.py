"""Write what a release consists of: weights, features, records, entry, card."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.records import Result, Store
from benchmarks.records.store import NAME
from benchmarks.release.card import card, list_of
from benchmarks.release.clouds import LARGEST_DISTANCE, largest_distance, write_features
from benchmarks.release.collect import Candidate
from benchmarks.release.metafile import put_entry
from benchmarks.release.portable import training_only, write_release
from benchmarks.suites.portable import portable
from benchmarks.suites.students import pretraining_options
from zoo.config import ROOT, load_config
from zoo.errors import UsageError
from zoo.foreign import left_out
from zoo.hub import get_model
from zoo.hub.index import Entry, entries
from zoo.hub.names import parse_name
from zoo.io import file_hash, write_whole
from zoo.models import Pretrainer
from zoo.tensors import load_exactly, read_safetensors, read_tensors, tensor_digest

MOST_BYTES = 30_000_000
"""Of the whole folder of weights."""

RESULTS = f'docs/results/weights/{NAME}'


def release(candidate: Candidate, out: Path, profile: str, root: Path = ROOT, more: str = '') -> list[Path]:
    """Put a student into the repository. Doing it again gives the same files.

    Args:
        candidate: student that is released.
        out: folder of the harness.
        profile: profile that the jobs ran with, for the command that makes them again.
        root: folder of the repository.
        more: further options of that command.

    Returns:
        Files that were written.

    Raises:
        UsageError: nothing was measured of the weights, they do not fit their config, rounding moves their features,
            or the folder of weights would be too large; nothing is then written.
    """
    if not candidate.measured:
        raise UsageError(f'nothing was measured of {candidate.name}: a model without results is not released')
    weights = root / 'weights' / f'{candidate.name}.safetensors'
    features = root / 'weights' / 'features' / weights.name
    trained = out / candidate.chosen.value['weights']
    options = _model_options(candidate.chosen.settings)
    place = parse_name(candidate.student).config
    model = get_model(load_config(place, options))
    assert isinstance(model, Pretrainer)
    with TemporaryDirectory() as folder:
        tried, seen = Path(folder, weights.name), Path(folder, 'features', weights.name)
        write_release(trained, tried, training_only(model))
        content = tried.read_bytes()
        _check_size(root, weights, len(content))
        write_features(seen, get_model(trained, features_only=True))
        # The config of the entry has to make the model that was trained.
        load_exactly(model, read_tensors(tried), f'weights {tried.name}', left_out(tried))
        _check_rounding(tried, seen)
        for path in seen.parent.iterdir():
            write_whole(features.with_name(path.name), path.read_bytes())
    write_whole(weights, content)
    store = Store(root / RESULTS)
    store.refresh()
    results = []
    for result, measured in candidate.results():
        store.results |= {entry.key: _kept(entry) for entry in (candidate.chosen, *measured)}
        results.append({**result, 'Records': [f'{RESULTS}#{entry.key}' for entry in measured]})
    about = candidate.chosen.value['about']
    packs = ' --packs FOLDER' if '$ZOO_PACKS' in str(portable(candidate.chosen.settings['dataset'])) else ''
    command = f'python tools/benchmark.py --all --profile {profile} --models {candidate.student}{packs}'
    metadata = {
        'Task': 'pretrain',
        'Training Data': candidate.terms.title,
        'Fingerprint': about['fingerprint'],
        'Objects': about['objects'],
        'Epochs': about['epochs'],
        'Seed': about['seed'],
        'Teachers': [about['teachers']],
        **({'Options': options} if options else {}),
        'Points': _points(candidate),
        'SHA256': hashlib.sha256(content).hexdigest(),
        'Bytes': len(content),
        'Rounded From': _recorded(candidate, trained),
        'Licence': candidate.terms.licence,
        'Features': features.relative_to(root).as_posix(),
        'Reproduce': command + (f' {more}' if more else ''),
        'Date': time.strftime('%Y-%m-%d', time.gmtime(weights.stat().st_mtime)),
    }
    item = {
        'Name': candidate.name,
        'Config': f'configs/{place.parent.name}/{place.name}',
        'Weights': weights.relative_to(root).as_posix(),
        'Metadata': {key: value for key, value in metadata.items() if value not in (None, '')},
        'Results': results,
    }
    put_entry(root, place.parent.name, item)
    shown = entries(root / 'model_index.yml').values()
    named = {place.partition('#')[2] for entry in shown for result in entry.results for place in result.records}
    used = {need for key in named & set(store.results) for need in store.results[key].needs.values()}
    store.keep(named | used)
    return [weights, features, store.path, *write_cards(root)]


def write_cards(root: Path = ROOT) -> list[Path]:
    """Write the card of every model with weights, and the page that lists them.

    Returns:
        Files that were written.
    """
    folder = root / 'docs' / 'models'
    shown: list[Entry] = [entry for entry in entries(root / 'model_index.yml').values() if entry.sources]
    texts = {f'{entry.name}.md': card(entry) for entry in shown} | {'README.md': list_of(shown)}
    for name, text in texts.items():
        write_whole(folder / name, text.encode())
    return [folder / name for name in texts]


def _recorded(candidate: Candidate, trained: Path) -> str:
    """What the records call the weights: a digest of the tensors, or of the file in records of before there was one."""
    known = {entry.record.weights_digest for entry in candidate.measured if entry.record}
    old = f'file:{file_hash(trained)}'
    return old if old in known else tensor_digest(read_safetensors(trained)[0])


def _kept(result: Result) -> Result:
    """A result as the repository has it: what it takes to measure again, and no path of this machine."""
    value = {name: result.value[name] for name in ('about', 'digest') if name in result.value}
    return result.model_copy(update={'settings': portable(result.settings), 'value': value, 'files': {}})


def _points(candidate: Candidate) -> int | None:
    """Points of the clouds in the measurements, where all agree."""
    found = {entry.record.protocol.points for entry in candidate.measured if entry.record}
    return found.pop() if len(found) == 1 else None


def _model_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Changes to the config that concern the model."""
    changes = pretraining_options(settings['student'], settings['options'], settings['offline'])
    return {key: value for key, value in changes.items() if key.startswith('model.')}


def _check_rounding(weights: Path, features: Path) -> None:
    """The rounded weights have to see in the fixed clouds what the trained ones saw."""
    distance = largest_distance(features, get_model(weights, features_only=True))
    if distance >= LARGEST_DISTANCE:
        raise UsageError(f'{weights.name}: float16 moves features by a cosine distance of {distance:.1e}, too far')


def _check_size(root: Path, weights: Path, size: int) -> None:
    """Refuse a folder of weights that is too large to be cloned."""
    others = sum(path.stat().st_size for path in (root / 'weights').rglob('*') if path.is_file() and path != weights)
    if others + size > MOST_BYTES:
        raise UsageError(
            f'weights/ would hold {others + size:,} bytes, at most {MOST_BYTES:,} are wanted: release less'
        )
