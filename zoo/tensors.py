"""Tensors in files of torch and of safetensors, read without running anything and within what the file can hold."""

from __future__ import annotations

import hashlib
import pickle
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from zoo.compat import allow_mmengine_checkpoints, expand
from zoo.errors import UsageError

State = dict[str, Tensor]

COUNTERS = 'num_batches_tracked'
"""Ends the names of BatchNorm's counters, which appear in no forward pass, and which old files lack."""

CONTAINERS = ('base_model', 'state_dict', 'model_state_dict', 'model')
"""Names under which training scripts keep the weights."""

PREFIXES = ('module.', 'base_model.')
"""What wrappers of a model put in front of the names of its tensors."""

COMPILED = '_orig_mod.'
LIGHTNING = 'model.'

PICKLE_BYTES = 1 << 28
"""Longest description of the objects in a file, which may take a hundred times as much memory; tensors are apart."""

_BEGINNINGS = {
    b'version https://git-lfs': 'a pointer of git-lfs instead of the weights: run git lfs pull in its repository',
    b'<': 'a web page instead of weights: download the file itself, which the page only shows',
    b'{': 'a text (JSON) instead of weights: what a server answers when it has not got the file',
    b'\x1f\x8b': 'packed by gzip: unpack it first',
    b'BZh': 'packed by bzip2: unpack it first',
    b'\xfd7zXZ': 'packed by xz: unpack it first',
    b'7z\xbc\xaf': 'packed by 7-zip: unpack it first',
    b'Rar!': 'packed by rar: unpack it first',
    b'\x89HDF': 'an HDF5 file, which holds no weights of torch',
    b'\x93NUMPY': 'an array of numpy, which is no checkpoint',
}
_GLOBAL = re.compile(r'GLOBAL ([\w.]+)|unsupported GLOBAL ([\w.]+)|refused: ([^\n]+)')
_CUT = (EOFError, KeyError, IndexError, AttributeError, AssertionError, TypeError, zipfile.BadZipFile)
_DAMAGE = (*_CUT, RuntimeError, OSError, ValueError, SafetensorError, struct.error, zlib.error)


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Content of a ``.safetensors`` or torch file on the CPU; nothing in it is executed.

    The kind of file is told by its content. Numbers and arrays of numpy and the log of mmengine may stand beside the
    tensors.

    Raises:
        UsageError: the file is missing, broken or something else, claims more than it holds, or holds more than tensors
            and plain values.
    """
    path = expand(path)
    if not path.is_file():
        raise UsageError(f'checkpoint {path} {"is no file" if path.exists() else "does not exist"}')
    try:
        with path.open('rb') as file:
            head = file.read(512)
        if _is_safetensors(head):
            return dict(read_safetensors(path)[0])
        _check_beginning(path, head)
        allow_mmengine_checkpoints()
        with path.open('rb') as file:  # given a name that ends so, torch hands it to safetensors
            content = torch.load(file, map_location='cpu', weights_only=True)
        _check_claims(path, content)
    except pickle.UnpicklingError as error:
        found = _GLOBAL.search(str(error))
        reason = next(filter(None, found.groups()), '') if found else ''
        if not reason:
            raise _broken(path, 'it is cut off, or was never written by torch') from error
        raise UsageError(
            f'checkpoint {path} is refused, it holds more than tensors and plain values: {reason}; nothing of it was '
            'run. Let whoever trained it save the state_dict alone'
        ) from error
    except MemoryError as error:
        raise _broken(path, 'it claims more than the memory of this machine') from error
    except _DAMAGE as error:
        raise _broken(path, _reason(error)) from error
    if not isinstance(content, dict):
        raise UsageError(f'checkpoint {path} holds a {type(content).__name__}, expected a dict of tensors')
    return content


def read_safetensors(path: str | Path) -> tuple[State, dict[str, str]]:
    """Tensors and header of a ``.safetensors`` file.

    Raises:
        UsageError: it is damaged.
    """
    try:
        with safe_open(path, framework='pt') as file:
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except _DAMAGE as error:
        raise _broken(Path(path), _reason(error)) from error


def read_tensors(source: str | Path | Mapping[str, Any]) -> State:
    """Weights by name, without the containers and prefixes that training scripts wrap around them.

    Args:
        source: a file, see :func:`read_checkpoint`, or its content.

    Raises:
        UsageError: unreadable file, an entry that is neither tensor nor plain value, or a tensor that is not finite.
    """
    what = 'the state dict' if isinstance(source, Mapping) else str(source)
    content = dict(source) if isinstance(source, Mapping) else read_checkpoint(source)
    lightning = 'pytorch-lightning_version' in content
    for container in CONTAINERS:
        if isinstance(content.get(container), Mapping):
            content = dict(content[container])
            break
    plain = (int, float, complex, str, bytes, type(None), np.generic)
    wrong = [
        key for key, value in content.items() if not isinstance(value, (Tensor, *plain)) or not isinstance(key, str)
    ]
    state = {key: value for key, value in content.items() if isinstance(value, Tensor)}
    if wrong or not state:
        raise UsageError(
            f'{what}: not a state dict of tensors: {str(wrong[:3])[:200] if wrong else "it holds none"}; looked under '
            f'{", ".join(CONTAINERS)} too'
        )
    names = {key: _bare(key) for key in state}
    if lightning or all(name.startswith(LIGHTNING) for name in names.values()):
        names = {key: _bare(name.removeprefix(LIGHTNING)) for key, name in names.items()}
    renamed = {names[key]: value for key, value in state.items()}
    if len(renamed) < len(state):
        twice = next(name for name in renamed if list(names.values()).count(name) > 1)
        raise UsageError(f'{what}: {twice} comes twice, with and without the prefix of a wrapper')
    check_finite(renamed, what)
    return renamed


def tensor_digest(state: Mapping[str, Tensor]) -> str:
    """Identity of weights: SHA-256 over names, types, shapes and bytes in the order of the names, 64 digits.

    A file has another hash where its header is written in another order, although its weights are the same.
    """
    total = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        content = tensor.detach().cpu().contiguous()
        total.update(f'{name} {content.dtype} {tuple(content.shape)} '.encode())
        total.update(content.reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def check_finite(state: Mapping[str, Tensor], what: str) -> None:
    """Refuse weights that are no numbers: a model of them answers all the same.

    Raises:
        UsageError: names the first such tensor.
    """
    for name, tensor in state.items():
        if tensor.is_floating_point() and not tensor.float().isfinite().all():
            bad = int((~tensor.float().isfinite()).sum())
            raise UsageError(
                f'weights {what}: {name} has {bad} of {tensor.numel()} values that are not finite (NaN or infinity): '
                'the run that made them diverged, take an earlier checkpoint'
            )


def load_exactly(model: nn.Module, state: State, what: str, absent: tuple[str, ...] = ()) -> None:
    """Load ``state``, every tensor of which must fit a tensor of ``model`` and the other way round.

    Args:
        model: model that is loaded into.
        state: tensors under our names.
        what: name of their source in messages.
        absent: beginnings of names that ``state`` may lack, see :func:`zoo.foreign.left_out`; they start fresh.

    Raises:
        UsageError: names the missing, unknown or misshapen keys.
    """
    own = model.state_dict()
    problems = {
        'missing': [
            key for key in own if key not in state and not key.endswith(COUNTERS) and not key.startswith(absent)
        ],
        'left over': [key for key in state if key not in own],
        'of another shape': [key for key in own if key in state and own[key].shape != state[key].shape],
    }
    found = '; '.join(f'{name}: {", ".join(sorted(keys))}' for name, keys in problems.items() if keys)
    if found:
        raise UsageError(f'{what} does not fit: {found}')
    model.load_state_dict(state, strict=False)


def required(state: State, key: str) -> Tensor:
    """The tensor of a released file that is named ``key``.

    Raises:
        UsageError: there is none.
    """
    if key not in state:
        names = sorted(state)
        held = ', '.join(names[:6]) + (f' and {len(names) - 6} more' if len(names) > 6 else '')
        raise UsageError(f'checkpoint does not fit: missing {key}; it holds {held or "nothing"}')
    return state[key]


def rename(state: State, rules: Mapping[str, str], prefix: str = '') -> State:
    """Our names for the tensors of a released file, by the first rule that fits the start of a key; others keep theirs.

    A released 1x1 convolution (O, I, 1) becomes the matrix (O, I) that it is.

    Args:
        state: the released tensors.
        rules: regular expression to our name.
        prefix: put before every name.
    """
    renamed = {}
    for key, value in state.items():
        fitting = (re.subn(f'^{rule}', name, key) for rule, name in rules.items())
        new = next((name for name, count in fitting if count), key)
        is_convolution = value.ndim > 2 and value.shape[2:].numel() == 1 and key.endswith('.weight')
        renamed[prefix + new] = value.flatten(1) if is_convolution else value
    return renamed


def _is_safetensors(head: bytes) -> bool:
    """Whether a file begins with the length of a header and the header."""
    return head[8:9] == b'{' and int.from_bytes(head[:8], 'little') < 1 << 32


def _check_beginning(path: Path, head: bytes) -> None:
    """Refuse what is no file of torch, and archives that unpack to more than they are."""
    text = head.removeprefix(b'\xef\xbb\xbf').lstrip()
    if not head:
        raise _broken(path, 'it is empty')
    for beginning, meaning in _BEGINNINGS.items():
        if text.startswith(beginning):
            raise UsageError(f'checkpoint {path} is {meaning}')
    if head.startswith(b'PK'):
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
        names = [record.filename.rsplit('/', 1)[-1] for record in records]
        if 'constants.pkl' in names:
            raise UsageError(f'checkpoint {path} is a program (TorchScript), which would be run: save its state_dict')
        if 'data.pkl' not in names:
            raise UsageError(f'checkpoint {path} is an archive of other files ({names[:2]}): unpack it first')
        # torch writes archives without packing; a packed one may be a thousand times larger than its file.
        unpacked = sum(record.file_size for record in records)
        if unpacked > path.stat().st_size:
            raise _broken(path, f'{path.stat().st_size} bytes claim to hold {unpacked}')
        described = max(record.file_size for record, name in zip(records, names, strict=True) if name == 'data.pkl')
        if described > PICKLE_BYTES:
            raise _broken(path, f'it describes its content in {described} bytes, at most {PICKLE_BYTES} are read')
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # torch does not compare the checksums that it writes
        if damaged:
            raise _broken(path, f'the checksum of {damaged} does not fit')


def _check_claims(path: Path, content: Any) -> None:
    """Refuse tensors that repeat few numbers as many, and those without numbers of their own."""
    stack, seen = [content], set()
    while stack:
        value = stack.pop()
        if isinstance(value, Tensor):
            if value.layout != torch.strided or value.device.type != 'cpu' or value.is_quantized or value.is_nested:
                raise _broken(path, f'it holds a tensor that is {value.layout}, {value.device}, {value.dtype}')
            held, claimed = value.untyped_storage().nbytes(), value.numel() * value.element_size()
            if claimed > held:
                raise _broken(path, f'a tensor of shape {tuple(value.shape)} claims {claimed} bytes of {held}')
        elif isinstance(value, dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            stack.extend(value.values() if isinstance(value, dict) else value)


def _bare(name: str) -> str:
    """A name without the prefixes of wrappers."""
    name = name.replace(COMPILED, '')
    while name.startswith(PREFIXES):
        name = name.split('.', 1)[1]
    return name


def _reason(error: BaseException) -> str:
    """What is wrong with a damaged file, without advice to read it unsafely."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if isinstance(error, _CUT) or 'weights_only' in lines[0]:
        return f'it is cut off, or was never written by torch ({type(error).__name__})'
    return lines[0][:300]


def _broken(path: Path, reason: str) -> UsageError:
    return UsageError(f'checkpoint {path} is broken or no checkpoint: {reason}; fetch it again, or name another one')
