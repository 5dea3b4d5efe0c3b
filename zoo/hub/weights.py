"""Load weights into a model that may have been built for another task than they were trained for."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from zoo.compat import expand
from zoo.errors import UsageError
from zoo.foreign import left_out
from zoo.hub.download import WeightFile, drop_outdated, fetch_weights
from zoo.hub.index import find_entry
from zoo.hub.key_maps import point_mae_backbone, recon_backbone, rename_pretraining
from zoo.hub.state import note_fresh
from zoo.tensors import COUNTERS, State, read_tensors


def resolve_weights(source: str | Path) -> Path:
    """Local file of a model name, a path, or an address, whose file is fetched once and kept under ``$ZOO_HOME``.

    Addresses: ``https://``, ``http://``, ``file://``, ``hf://OWNER/REPO/PATH[@REVISION]``, ``gdrive://ID``.

    Raises:
        UsageError: nothing is found there, or it does not arrive whole.
    """
    text = str(source)
    if '://' in text:
        given = WeightFile.of_address(text)
        if text.lower().startswith('file://'):
            # Here the person is the publisher: a file that was written anew is meant to be used.
            drop_outdated(given)
        return fetch_weights(given)
    if expand(text).is_file():
        return expand(text)
    if Path(text).suffix or '/' in text:
        raise UsageError(f'weights {text} do not exist: give a model name, a file or an address')
    entry = find_entry(text)
    file = entry.weight_file()
    if file is None:
        raise UsageError(entry.untrained())
    return fetch_weights(file)


def load_weights(model: nn.Module, source: str | Path, *, complete: bool = False) -> str:
    """Load what fits of ``source`` into ``model``: all of the backbone, and the head when it has the same shape.

    Released ReCon and Point-MAE pretraining files are understood as they are.

    Args:
        model: a model of the zoo.
        source: model name, file or address.
        complete: take nothing less than every tensor of the model, as testing and inferring need; training may start
            some fresh.

    Returns:
        One line that says what was loaded, what starts fresh and what was left aside.

    Raises:
        UsageError: a tensor of the backbone, or with ``complete`` of the model, is missing or of another shape, or one
            of the file is not finite.
    """
    path = resolve_weights(source)
    state = read_tensors(path)
    if any(key.startswith('MAE_encoder.') for key in state):
        rules = recon_backbone if any('_contrast.' in key for key in state) else point_mae_backbone
        state = rename_pretraining(state, {'MAE_encoder.': ('backbone.', rules)})
    return load_fitting(model, state, str(path), complete=complete, absent=left_out(path))


def load_fitting(
    model: nn.Module, state: State, what: str, *, complete: bool = False, absent: tuple[str, ...] = ()
) -> str:
    """Load tensors as :func:`load_weights` does.

    Args:
        model: a model of the zoo.
        state: tensors under our names.
        what: name of their source in messages.
        complete: whether every tensor has to be there, see :func:`load_weights`.
        absent: beginnings of names that start fresh even so, see :func:`zoo.foreign.left_out`.
    """
    own = model.state_dict()
    fitting = {key: value for key, value in state.items() if key in own and own[key].shape == value.shape}
    fresh = sorted(key for key in own if key not in fitting and not key.endswith(COUNTERS))
    if complete and (lacking := [key for key in fresh if not key.startswith(absent)]):
        raise UsageError(
            f'weights {what} are not those of this model: {_lacking(lacking, own, state)}; testing and inferring need '
            'every tensor, training alone may start some fresh: fine-tune first, or name the config and the number of '
            'classes that the weights were trained with'
        )
    # A fine-tuned Point-MAE has a class token that its pretraining never saw.
    lost = [key for key in fresh if key.startswith('backbone.') and '.query_' not in key]
    if lost:
        raise UsageError(
            f'weights {what} do not fit the backbone: {_lacking(lost, own, state)}; choose the student with '
            '--backbone, or change less of it'
        )
    model.load_state_dict(fitting, strict=False)
    note_fresh(model, fresh)
    parts = ', '.join(dict.fromkeys('.'.join(key.split('.')[:2]) for key in fresh)) or 'nothing'
    aside = len(state) - len(fitting)
    return f'{what}: {len(fitting)} tensors loaded, {len(fresh)} start fresh ({parts}), {aside} left aside'


def _lacking(keys: list[str], own: State, state: State) -> str:
    """What is wrong with tensors that were not loaded."""
    names = [
        f'{key} is {tuple(state[key].shape)} and not {tuple(own[key].shape)}' if key in state else f'{key} is missing'
        for key in keys[:4]
    ]
    return ', '.join(names) + (f' and {len(keys) - 4} more' if len(keys) > 4 else '')
