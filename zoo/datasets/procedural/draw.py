"""Random draws by name: what an object is made from is recorded as it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from zoo.datasets.procedural.colors import PALETTES, Paint


@dataclass
class Draw:
    """A random generator that remembers what it drew.

    Attributes:
        rng: The generator of this object alone.
        values: Every draw so far under its name; continuous ones are floats, all others int, bool or str.
    """

    rng: np.random.Generator
    values: dict[str, float | int | bool | str]

    def size(self, name: str, low: float, high: float) -> float:
        """Draw a continuous parameter, uniform in ``[low, high)``."""
        value = low + (high - low) * float(self.rng.random())
        self._record(name, value)
        return value

    def sizes(self, ranges: dict[str, tuple[float, float]]) -> SimpleNamespace:
        """Draw several continuous parameters; return them as attributes."""
        return SimpleNamespace(**{name: self.size(name, *bounds) for name, bounds in ranges.items()})

    def count(self, name: str, low: int, high: int) -> int:
        """Draw a whole number from ``low`` to ``high``, both included."""
        value = low + int(self.rng.random() * (high - low + 1))
        self._record(name, value)
        return value

    def style(self, name: str, *options: str) -> str:
        """Draw one of the options, all equally likely."""
        value = options[int(self.rng.random() * len(options))]
        self._record(name, value)
        return value

    def flag(self, name: str, probability: float = 0.5) -> bool:
        """Draw yes or no."""
        value = bool(self.rng.random() < probability)
        self._record(name, value)
        return value

    def paint(self, name: str, *palettes: str) -> Paint:
        """Draw a color of one of the palettes; its shade varies a little around the color of that name."""
        palette = PALETTES[palettes[int(self.rng.random() * len(palettes))]]
        word, rgb = palette[int(self.rng.random() * len(palette))]
        self._record(name, word)
        shade = 1 + 0.3 * (self.rng.random() - 0.5)
        tint = 0.06 * (self.rng.random(3) - 0.5)
        return Paint(word, tuple(float(value) for value in np.clip(np.array(rgb) * shade + tint, 0.02, 0.98)))

    def noise(self, count: int, low: float = 0.0, high: float = 1.0) -> Sequence[float]:
        """Draw ``count`` unnamed numbers, uniform in ``[low, high)``, for details that no parameter speaks of."""
        return [float(value) for value in low + (high - low) * self.rng.random(count)]

    def _record(self, name: str, value: float | int | bool | str) -> None:
        if name in self.values:
            raise ValueError(f'{name!r} is drawn twice: give the second draw another name')
        self.values[name] = value
