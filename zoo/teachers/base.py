"""What every teacher shares: a network that is frozen and out of the way, or trained with the student."""

from __future__ import annotations

import hashlib
import inspect
import json
import pickle
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from zoo.errors import UsageError
from zoo.foreign import FILES
from zoo.io import file_hash

LOAD_ERRORS = (pickle.UnpicklingError, OSError, ValueError, RuntimeError, KeyError, TypeError, AssertionError, EOFError)
"""What a library raises on a damaged file or on weights that do not fit."""


class Teacher(nn.Module):
    """Supervises one output of the student with the features of another network, or of another modality.

    A frozen teacher reads its weights at the first use and keeps the network out of the module tree: it is in neither
    ``parameters()`` nor ``state_dict()``, so checkpoints stay small and optimizers never see it. It stays in eval mode,
    runs without gradients and follows ``.to()``. With ``frozen=False`` the network is an ordinary submodule, there
    from the beginning.

    A subclass implements ``_files``, ``_load``, ``_encode`` and ``_preprocessing``, and ends its ``__init__`` with
    ``self._prepare()``.

    Attributes:
        modality: What it reads: 'image', 'text' or 'points'.
        embed_dim: Channels C of a feature, known without the weights.
        frozen: Whether its network is left as it is.

    Args:
        embed_dim: Channels C of a feature.
        frozen: Whether its network is left as it is.
    """

    modality: str

    def __init__(self, embed_dim: int, *, frozen: bool = True) -> None:
        super().__init__()
        self.embed_dim = embed_dim
        self.frozen = frozen
        self._anchor = torch.zeros(())  # has the device and type that a network loaded later belongs on
        self._hidden: list[nn.Module] = []  # nn.Module does not look into lists
        self._sealed = ''

    # --- implemented by subclasses --------------------------------------------------------------------------------

    def _files(self) -> tuple[Path, ...]:
        """Return the files that define the network; raise UsageError when one is missing."""
        raise NotImplementedError

    def _load(self) -> nn.Module:
        """Build the network from its files."""
        raise NotImplementedError

    def _encode(self, network: nn.Module, inputs: Any) -> Tensor:
        """Return the features of a batch, shape ``(B, C)``."""
        raise NotImplementedError

    def _preprocessing(self) -> dict[str, Any]:
        """Describe what happens to an input before the network sees it, in types that JSON knows."""
        return {}

    # --- given ----------------------------------------------------------------------------------------------------

    @property
    def device(self) -> torch.device:
        """Where the network computes."""
        return self._anchor.device

    @property
    def loaded(self) -> bool:
        """Whether the network is in memory."""
        return bool(self._hidden) or 'network' in self._modules

    @property
    def space(self) -> str:
        """Name of the space of its features: features of teachers may be compared where it is the same."""
        return type(self).__name__

    @cached_property
    def fingerprint(self) -> str:
        """Type and SHA-256 of files and preprocessing: equal fingerprints mean equal features.

        Raises:
            UsageError: A file is missing.
        """
        self._check_seal()
        parts = {'files': {path.name: file_hash(path) for path in self._files()}, 'inputs': self._preprocessing()}
        digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
        return f'{type(self).__name__}:{digest}'

    def __dir__(self) -> list[str]:
        """Names without ``fingerprint``: torch.jit.trace reads all of them, and this one reads files."""
        return [name for name in super().__dir__() if name != 'fingerprint']

    def forward(self, inputs: Any) -> Tensor:
        """Compute features.

        Args:
            inputs: Images, float RGB in [0, 1], shape ``(B, 3, H, W)``, or a list of B strings.

        Returns:
            float32, shape ``(B, C)``; without gradient when frozen.

        Raises:
            UsageError: The input is of another kind, weights are missing, or they have another width.
        """
        network = self._network()
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            features = self._encode(network, inputs).float()
        if features.shape[-1] != self.embed_dim:
            raise UsageError(
                f'{type(self).__name__} was built with embed_dim={self.embed_dim}, but its weights give features of '
                f'{features.shape[-1]} channels: set embed_dim={features.shape[-1]}'
            )
        return features

    def release(self) -> None:
        """Free the memory of a frozen network; the next use reads it again."""
        self._hidden.clear()

    def seal(self, what: str) -> None:
        """Read nothing any more where the arguments name files, because they came as data; see :mod:`zoo.foreign`.

        Args:
            what: name of their source in messages.
        """
        own = inspect.signature(type(self).__init__).parameters
        if any(key in own and getattr(self, key) != own[key].default for key in FILES):
            self._sealed = what

    def _check_seal(self) -> None:
        """Refuse to open what data name."""
        if self._sealed:
            raise UsageError(
                f'{type(self).__name__}: {self._sealed} names its files, and what data name is not opened: '
                'give the config of the model beside its weights, or foundation=dict(type=...) to CrossModalTokenizer'
            )

    def _prepare(self) -> None:
        """Load at once what is to be trained."""
        if not self.frozen:
            self.network = self._read()

    def _network(self) -> nn.Module:
        """Return the network, reading it when needed."""
        if not self.frozen:
            return self.network
        if not self._hidden:
            self._hidden.append(self._read().eval().requires_grad_(False).to(self._anchor.device, self._anchor.dtype))
        return self._hidden[0]

    def _read(self) -> nn.Module:
        """Load the network, and give back the random numbers drawn on the way: the moment of loading is arbitrary."""
        from safetensors import SafetensorError

        self._check_seal()
        with torch.random.fork_rng(devices=[]):
            try:
                return self._load()
            except (*LOAD_ERRORS, SafetensorError) as error:
                folder = ', '.join(sorted({str(path.parent) for path in self._files()}))
                reason = ' '.join(str(error).split())[:300] or type(error).__name__
                raise UsageError(f'{type(self).__name__} cannot be loaded from {folder}: {reason}') from error

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Teacher:
        """Let the hidden network follow ``.to()`` and its relatives."""
        super()._apply(fn, recurse)
        self._anchor = fn(self._anchor)
        for network in self._hidden:
            network.to(self._anchor.device, self._anchor.dtype)
        return self
