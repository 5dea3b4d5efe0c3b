"""Pickled arrays, read without running anything that the file asks for.

A pickle is a program: it names functions, and the reader calls them. Several official datasets are pickles all the
same (``*_fps.dat``, ``ModelNetFewshot/*.pkl``). Here no name in a file is ever imported. The few names that arrays of
numbers need lead to stand-ins, which check what they are given and lay plain arrays over the bytes of the file. numpy's
own unpickling code is not reached either: it trusts what a file claims about the layout of memory.
"""

from __future__ import annotations

import math
import mmap
import os
import pickle
import pickletools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from zoo.datasets.storage import resolve
from zoo.errors import UsageError

_CODE = re.compile(r'[biufcSU][1-9][0-9]{0,4}')
"""Booleans, numbers and strings of a fixed size. Objects, structures, raw memory and dates are not admitted."""

_BYTE_ORDERS = ('<', '>', '=', '|')


INSTRUCTIONS = 4_000_000
"""Most instructions of a pickle; an array takes about twenty, and the smallest of them makes an object of 200 bytes."""

_INSTRUCTION = {known.code: known for known in pickletools.opcodes}

_PREFIXES = {
    pickletools.TAKEN_FROM_ARGUMENT1: 1,
    pickletools.TAKEN_FROM_ARGUMENT4: 4,
    pickletools.TAKEN_FROM_ARGUMENT4U: 4,
    pickletools.TAKEN_FROM_ARGUMENT8U: 8,
}
"""Bytes that tell the length of what follows."""


class _Refused(Exception):
    """The pickle asks for something that is not admitted."""


class _Stand:
    """What a name of the pickle leads to: it can be called, and nothing else can be done to it.

    Like every stand-in it cannot be hashed, so that none hides in a set or among the keys of a dict.
    """

    __slots__ = ('_make',)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *arguments: Any) -> Any:
        return self._make(*arguments)

    def __setstate__(self, state: Any) -> NoReturn:
        raise _Refused('changes what it was given')


class _DType:
    """The type of an array, as far as the pickle has described it."""

    __slots__ = ('value',)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise _Refused(f'holds an array of type {code!r}; only numbers and text are read')
        self.value = np.dtype(code)

    def __setstate__(self, state: Any) -> None:
        """Take the byte order; the rest of the state (flags among it) is for types that are not admitted."""
        if len(state) < 5 or state[1] not in _BYTE_ORDERS or any(part is not None for part in state[2:5]):
            raise _Refused('holds an array of a composed type; only numbers and text are read')
        self.value = self.value.newbyteorder(state[1])


class _Array:
    """An array whose content comes in a later instruction of the pickle."""

    __slots__ = ('value',)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, *_: Any) -> None:
        self.value: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran_order, data = state
        self.value = _array(data, dtype, shape, 'F' if fortran_order else 'C')


def _array(data: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
    """Lay an array over bytes."""
    if not isinstance(dtype, _DType) or order not in ('C', 'F'):
        raise _Refused('describes an array in a way that numpy does not')
    if isinstance(data, str):  # bytes of Python 2
        data = data.encode('latin1')
    if not isinstance(data, bytes | bytearray):
        raise _Refused('holds an array of objects; only numbers and text are read')
    if not isinstance(shape, tuple) or not all(isinstance(side, int) and side >= 0 for side in shape):
        raise _Refused(f'holds an array of shape {shape!r:.60}')
    if math.prod(shape) * dtype.value.itemsize != len(data):
        raise _Refused(f'has {len(data)} bytes for an array of {dtype.value} of shape {shape}')
    if not data:
        return np.empty(shape, dtype.value)
    return np.frombuffer(data, dtype.value).reshape(shape, order='F' if order == 'F' else 'C')


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> _Array:
    """Return the array of protocol 5; with order K it is stored in C order with its axes permuted."""
    result = _Array()
    result.value = _array(data, dtype, shape, 'C' if order == 'K' and axes is not None else order)
    if axes is not None and order == 'K':
        result.value = result.value.transpose(axes)
    return result


def _scalar(dtype: Any, data: Any) -> Any:
    """Return a number of numpy."""
    return _array(data, dtype, (), 'C')[()]


def _encoded(text: Any, encoding: Any) -> bytes:
    """Return bytes that Python 3 stored as text."""
    if not isinstance(text, str) or encoding not in ('latin1', 'latin-1'):
        raise _Refused('encodes text in an unusual way')
    return text.encode('latin1')


def _buffer(content: Any = b'', encoding: Any = 'latin1') -> bytes:
    """Return the content of a bytes or bytearray."""
    return _encoded(content, encoding) if isinstance(content, str) else bytes(_listed(content, bytes))


def _listed(items: Any, *kinds: type) -> Any:
    """Return items if they are of one of the kinds of container that are expected."""
    if not isinstance(items, kinds or (list, tuple)):
        raise _Refused('builds a container from something else than a list')
    return items


_NUMPY = {
    ('multiarray', '_reconstruct'): _Stand(_Array),
    ('multiarray', 'scalar'): _Stand(_scalar),
    ('numeric', '_frombuffer'): _Stand(_from_buffer),
}
_ADMITTED: dict[tuple[str, str], _Stand] = {
    **{
        (f'numpy.{core}.{module}', name): stand
        for (module, name), stand in _NUMPY.items()
        for core in ('core', '_core')
    },
    ('numpy', 'dtype'): _Stand(_DType),
    ('numpy', 'ndarray'): _Stand(_Array),
    ('_codecs', 'encode'): _Stand(_encoded),
    ('collections', 'OrderedDict'): _Stand(lambda pairs=(): dict(_listed(pairs))),
}
for _module in ('builtins', '__builtin__'):  # of Python 3 and 2
    _ADMITTED[_module, 'set'] = _Stand(lambda items=(): set(_listed(items)))
    _ADMITTED[_module, 'frozenset'] = _Stand(lambda items=(): frozenset(_listed(items)))
    _ADMITTED[_module, 'complex'] = _Stand(lambda *parts: complex(*(_listed(part, float) for part in parts)))
    _ADMITTED[_module, 'bytes'] = _ADMITTED[_module, 'bytearray'] = _Stand(_buffer)


class _ArrayUnpickler(pickle.Unpickler):
    """Finds stand-ins and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in of a name; nothing is imported."""
        if (module, name) not in _ADMITTED:
            asked = f'{module}.{name}'.encode('unicode_escape').decode()  # it may hold anything, line ends too
            raise _Refused(f'asks for {asked:.120}, which is no part of an array')
        return _ADMITTED[module, name]


def _check_sizes(data: mmap.mmap) -> None:
    """Walk over the instructions of a pickle, and refuse those that claim more than the file holds.

    The unpickler takes the memory for a text, a frame or a numbered place before it reads on, so that nine bytes can
    ask for gigabytes.
    """
    for number in range(INSTRUCTIONS):
        code = data.read(1)
        known = _INSTRUCTION.get(code.decode('latin-1'))
        if known is None:
            raise ValueError('cut off, or no pickle')
        length = 0 if known.arg is None else known.arg.n
        if length == pickletools.UP_TO_NEWLINE:
            line = data.readline()
            if known.name in ('GLOBAL', 'INST'):
                data.readline()
            place = int(line) if known.name == 'PUT' else 0
        else:
            part = data.read(length if length > 0 else _PREFIXES.get(length, 0))
            place = int.from_bytes(part, 'little') if known.name in ('BINPUT', 'LONG_BINPUT') else 0
            size = int.from_bytes(part, 'little') if length < 0 or known.name == 'FRAME' else 0
            if size > len(data) - data.tell():
                raise ValueError(f'a part claims {size} bytes of {len(data) - data.tell()}, it is cut off or no pickle')
            if length < 0:
                data.seek(size, os.SEEK_CUR)
        if place > number:
            raise ValueError(f'part {number} claims the place {place}')
        if known.name == 'STOP':
            return
    raise _Refused(f'has more than {INSTRUCTIONS} parts')


def _finished(value: Any, done: dict[int, tuple[Any, Any]]) -> Any:
    """Put arrays and types in the place of their stand-ins, in lists and dicts where they are.

    Args:
        value: Part of what the pickle holds.
        done: Containers by identity (which thereby stays taken), each with its result.
    """
    if isinstance(value, _Array):
        if value.value is None:
            raise _Refused('leaves an array without content')
        return value.value
    if isinstance(value, _DType):
        return value.value
    if isinstance(value, _Stand):
        raise _Refused('holds a function')
    if not isinstance(value, list | tuple | dict) or not value:
        return value
    if id(value) in done:
        return done[id(value)][1]
    if isinstance(value, tuple):
        result = tuple(_finished(item, done) for item in value)
        done[id(value)] = value, result
        return result
    done[id(value)] = value, value
    for key in value if isinstance(value, dict) else range(len(value)):
        value[key] = _finished(value[key], done)
    return value


def load_arrays(path: str | Path) -> Any:
    """Read a pickle of arrays: lists, tuples, sets and dicts of arrays, numbers, strings and bytes.

    Pickles of Python 2 and 3, of numpy 1 and 2 and of every protocol are understood; text of Python 2 is taken for
    Latin-1. Arrays lie over the bytes that were read, so most cannot be written to. An ``OrderedDict`` becomes a dict
    and a ``bytearray`` becomes bytes.

    Args:
        path: Absolute, or relative to the data root.

    Returns:
        What the pickle holds.

    Raises:
        UsageError: The file is missing, cut off or no pickle, or it asks for anything else than arrays; what it asks
            for is named, and was not run.
    """
    where = resolve(path)
    try:
        with where.open('rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            _check_sizes(data)
            return _finished(_ArrayUnpickler(file, encoding='latin1').load(), {})
    except FileNotFoundError as error:
        raise UsageError(f'{where} is missing') from error
    except _Refused as error:
        raise UsageError(f'{where} {error}: nothing of it was run; get it again from its official source') from error
    except Exception as error:  # a damaged pickle may fail in any way
        reason = ' '.join(f'{type(error).__name__}: {error}'.split())
        raise UsageError(f'{where} cannot be read as a pickle of arrays ({reason:.120}): fetch it again') from error
