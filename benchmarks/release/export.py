"""Write what a release consists of: weights, features, records, entry, card."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.records import Store
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
from zoo.hub.index import entries
from zoo.hub.names import parse_name
from zoo.io import file_hash, write_whole
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
    job = candidate.chosen
    trained, place = out / job.value['weights'], parse_name(candidate.student).config
    changes = pretraining_options(job.settings['student'], job.settings['options'], job.settings['offline'])
    options = {key: value for key, value in changes.items() if key.startswith('model.')}
    content = _write_weights(trained, weights, features, get_model(load_config(place, options)), root)
    store, results = Store(root / RESULTS), []
    store.refresh()
    for result, measured in candidate.results():
        for entry in (job, *measured):
            # What it takes to measure again, and no path of this machine.
            value = {name: entry.value[name] for name in ('about', 'digest') if name in entry.value}
            changed = {'settings': portable(entry.settings), 'value': value, 'files': {}}
            store.results[entry.key] = entry.model_copy(update=changed)
        results.append({**result, 'Records': [f'{RESULTS}#{entry.key}' for entry in measured]})
    about = job.value['about']
    packs = ' --packs FOLDER' if '$ZOO_PACKS' in str(portable(job.settings['dataset'])) else ''
    command = f'python tools/benchmark.py --all --profile {profile} --models {candidate.student}{packs}'
    records = [entry.record for entry in candidate.measured if entry.record]
    points = {record.protocol.points for record in records}
    # In records of before there was a digest of the tensors, that of the file.
    old = f'file:{file_hash(trained)}'
    known = old in {record.weights_digest for record in records}
    metadata = {
        'Task': 'pretrain',
        'Training Data': candidate.terms.title,
        'Fingerprint': about['fingerprint'],
        'Objects': about['objects'],
        'Epochs': about['epochs'],
        'Seed': about['seed'],
        'Teachers': [about['teachers']],
        **({'Options': options} if options else {}),
        'Points': points.pop() if len(points) == 1 else None,
        'SHA256': hashlib.sha256(content).hexdigest(),
        'Bytes': len(content),
        'Rounded From': old if known else tensor_digest(read_safetensors(trained)[0]),
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


def _write_weights(trained: Path, weights: Path, features: Path, model: Any, root: Path) -> bytes:
    """Write the weights, and what they see in the fixed clouds, after all has been checked; returns their content.

    Args:
        trained: weights of the job.
        weights: file of the released ones.
        features: file of the features.
        model: model that the config of the entry makes, which has to be the one that was trained.
        root: folder of the repository.

    Raises:
        UsageError: see :func:`release`.
    """
    with TemporaryDirectory() as folder:
        tried, seen = Path(folder, weights.name), Path(folder, 'features', weights.name)
        write_release(trained, tried, training_only(model))
        content = tried.read_bytes()
        kept = (path for path in (root / 'weights').rglob('*') if path.is_file() and path != weights)
        size = sum(path.stat().st_size for path in kept) + len(content)
        if size > MOST_BYTES:
            raise UsageError(f'weights/ would hold {size:,} bytes, at most {MOST_BYTES:,} are wanted: release less')
        write_features(seen, get_model(trained, features_only=True))
        load_exactly(model, read_tensors(tried), f'weights {tried.name}', left_out(tried))
        # The rounded weights have to see what the trained ones saw.
        distance = largest_distance(seen, get_model(tried, features_only=True))
        if distance >= LARGEST_DISTANCE:
            raise UsageError(f'{tried.name}: float16 moves features by a cosine distance of {distance:.1e}, too far')
        for path in seen.parent.iterdir():
            write_whole(features.with_name(path.name), path.read_bytes())
    write_whole(weights, content)
    return content


def write_cards(root: Path = ROOT) -> list[Path]:
    """Write the card of every model with weights, and the page that lists them.

    Returns:
        Files that were written.
    """
    folder = root / 'docs' / 'models'
    shown = [entry for entry in entries(root / 'model_index.yml').values() if entry.sources]
    texts = {f'{entry.name}.md': card(entry) for entry in shown} | {'README.md': list_of(shown)}
    for name, text in texts.items():
        write_whole(folder / name, text.encode())
    return [folder / name for name in texts]
