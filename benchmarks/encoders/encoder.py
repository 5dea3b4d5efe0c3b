"""Encoders from elsewhere: anything that maps points (B, N, 3) to features (B, F), a torch module or a function."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.user_code import load
from zoo.errors import UsageError
from zoo.tensors import tensor_digest

ADAPTERS = 'benchmarks.encoders.adapters'
SEED = 0
"""Random seed under which encoders are built, so that weights that a factory draws are the same every time."""


@dataclass(frozen=True)
class Encoder:
    """What makes an encoder.

    Attributes:
        factory: ``package.module:NAME`` or ``FILE.py:NAME``: a function or class that returns an encoder, or, where one
            argument is left over, that function itself.
        arguments: arguments of the factory, in JSON.
        code: digest of its source; empty where it is not known yet.
    """

    factory: str
    arguments: Mapping[str, Any]
    code: str = ''

    @classmethod
    def named(cls, name: str, arguments: Mapping[str, Any]) -> Encoder:
        """The encoder of a command line.

        Args:
            name: ``package.module:NAME``, ``FILE.py:NAME``, the name of a released model, or ``torch-pointcloud:NAME``.
            arguments: arguments of the factory.
        """
        place, _, rest = name.rpartition(':')
        if not place:
            return cls(f'{ADAPTERS}:released', {'name': name, **arguments})
        if place == 'torch-pointcloud':
            return cls(f'{ADAPTERS}:torch_pointcloud', {'name': rest, **arguments})
        return cls(f'{Path(place).resolve()}:{rest}' if place.endswith('.py') else name, dict(arguments))

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Encoder:
        """The encoder with the settings of a job."""
        return cls(settings['factory'], settings['arguments'], settings['code'])

    @property
    def label(self) -> str:
        """Name in tables."""
        place, _, name = self.factory.rpartition(':')
        own = dict(self.arguments)
        if place == ADAPTERS:
            name = own.pop('name')
        return f'{name} ({", ".join(f"{key}={value}" for key, value in own.items())})' if own else name

    @property
    def recorded(self) -> dict[str, Any]:
        """Entry in records; files are named without their folder."""
        place, _, name = self.factory.rpartition(':')
        module = Path(place).name if place.endswith('.py') else place
        return {'module': module, 'factory': name, 'arguments': dict(self.arguments), 'code': self.code}

    def build(self, tensors: str = '') -> ExternalEncoder:
        """The encoder as a module in evaluation mode, on the CPU.

        Args:
            tensors: digest that its tensors have to have; any where it is empty.

        Raises:
            UsageError: it cannot be made, or its tensors are others.
        """
        found = load(self.factory)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            try:
                made = self._made(found)
            except UsageError:
                raise
            except Exception as error:
                raise UsageError(f'encoder {self.factory}: {type(error).__name__}: {error}') from error
        if not callable(made):
            raise UsageError(
                f'encoder {self.factory} is a {type(made).__name__}: expected a torch module or a function'
            )
        built = ExternalEncoder(made, f'{self.factory} {dict(self.arguments)} {self.code}').eval()
        if tensors and tensor_digest(built.state_dict()) != tensors:
            raise UsageError(
                f'encoder {self.factory} has other tensors than when it was planned: run the command again'
            )
        return built

    def _made(self, found: Any) -> Any:
        """What the factory returns, or the named function with its arguments where a cloud is what it waits for."""
        if isinstance(found, nn.Module) or not callable(found):
            return found
        try:
            parameters = inspect.signature(found).parameters.values()
        except ValueError:  # of built-in functions
            return found
        by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        needed = {entry.name for entry in parameters if entry.default is entry.empty and entry.kind in by_place}
        if len(needed - set(self.arguments)) == 1 and not isinstance(found, type):
            return functools.partial(found, **self.arguments)
        return found(**self.arguments)


class ExternalEncoder(nn.Module):
    """An encoder from elsewhere under the contract of ours.

    Args:
        encoder: function or module from points (B, N, 3) to features (B, F).
        identity: text by which features that were computed before are told apart.
    """

    pool = 'its own'

    def __init__(self, encoder: Callable[[Tensor], Any], identity: str = '') -> None:
        super().__init__()
        self.encoder, self.identity = encoder, identity

    def forward(self, points: Tensor) -> Tensor:
        """Features (B, F) of clouds (B, N, 3).

        Raises:
            UsageError: they are of another shape or type.
        """
        features = self.encoder(points)
        if not isinstance(features, Tensor):
            raise UsageError(f'the encoder returns a {type(features).__name__}: expected one tensor (B, F)')
        if features.ndim != 2 or len(features) != len(points):
            raise UsageError(
                f'the encoder returns {tuple(features.shape)} for clouds {tuple(points.shape)}: expected (B, F), '
                'one row of features for every cloud; pool over points or patches'
            )
        if not features.is_floating_point():
            raise UsageError(f'the encoder returns {features.dtype}: expected floating point features')
        return features


def installed_version(module: str) -> str:
    """Name and version of the installed package that a module is in, for code that is not read."""
    top = module.split('.')[0]
    return f'{top} {getattr(importlib.import_module(top), "__version__", "of unknown version")}'
