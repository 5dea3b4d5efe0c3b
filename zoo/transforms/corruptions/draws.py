"""Random numbers that belong to one object, whatever batch it sits in."""

from __future__ import annotations

import hashlib

import numpy as np
from torch import Tensor

_STEP = 0x9E3779B97F4A7C15
_FACTORS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def _mix(number: np.ndarray) -> np.ndarray:
    """Scramble uint64: the output function of SplitMix64 (Steele, Lea and Flood, 2014). Overflow is meant."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(_FACTORS[0])
    number = (number ^ (number >> np.uint64(27))) * np.uint64(_FACTORS[1])
    return number ^ (number >> np.uint64(31))


class KeyedDraws:
    """A stream of random numbers for each of many objects, made for all of them at once.

    The stream of an object depends on the seed, the name and the object's own number, and on nothing else: not on the
    other objects, on torch's or numpy's generators, on the device or on versions. Each call goes on where the last one
    stopped.

    Args:
        seed: Number of the repetition.
        name: Name that keeps uses apart which share a seed.
        index: Number of every object, int64, shape ``(B,)``.
    """

    def __init__(self, seed: int, name: str, index: Tensor) -> None:
        base = hashlib.sha256(f'{seed}/{name}'.encode()).digest()[:8]
        number = index.cpu().numpy().astype(np.uint64)
        self._state = _mix(_mix(number + np.uint64(_STEP)) ^ np.uint64(int.from_bytes(base, 'little')))
        self._used = 0

    def _bits(self, count: int) -> np.ndarray:
        """Return uint64 ``(B, count)``."""
        position = np.arange(self._used + 1, self._used + count + 1, dtype=np.uint64)
        self._used += count
        return _mix(self._state[:, None] + position * np.uint64(_STEP))

    def uniform(self, *shape: int) -> np.ndarray:
        """Return numbers uniform in [0, 1), float64, shape ``(B, *shape)``."""
        bits = self._bits(int(np.prod(shape, dtype=np.int64)))
        return ((bits >> np.uint64(11)) * 2.0**-53).reshape(len(bits), *shape)

    def normal(self, *shape: int) -> np.ndarray:
        """Return standard normal numbers, float64, shape ``(B, *shape)``."""
        radius, angle = self.uniform(2, *shape).swapaxes(0, 1)
        return np.sqrt(-2.0 * np.log1p(-radius)) * np.cos(2.0 * np.pi * angle)

    def integer(self, high: int, *shape: int) -> np.ndarray:
        """Return integers uniform in 0 to ``high - 1``, int64, shape ``(B, *shape)``."""
        return (self.uniform(*shape) * high).astype(np.int64)

    def permutation(self, total: int) -> np.ndarray:
        """Return the numbers 0 to ``total - 1`` in random order, int64, shape ``(B, total)``."""
        return self._bits(total).argsort(axis=1, kind='stable')
