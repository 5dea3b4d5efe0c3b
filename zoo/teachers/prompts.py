"""Sentences around a name: 20 ways to begin and 3 to end, as ReCon (arXiv 2302.02318) varies its text input."""

from __future__ import annotations

PREFIXES = (
    'a point cloud of {}',
    'a 3D model of {}',
    'a sparse point cloud of {}',
    'a dense point cloud of {}',
    'a scan of {}',
    'a 3D scan of {}',
    'a clean scan of {}',
    'a noisy scan of {}',
    'a partial scan of {}',
    'the surface of {}',
    'the 3D shape of {}',
    'points on the surface of {}',
    'points that form {}',
    'a rendering of {}',
    'a CAD model of {}',
    'a small model of {}',
    'a large model of {}',
    'a rough sketch of {} in 3D',
    'an object: {}',
    'this is {}',
)
SUFFIXES = ('.', ', seen from one side.', ' on an empty background.')

PROMPTS = tuple(
    PREFIXES[number % len(PREFIXES)] + SUFFIXES[number % len(SUFFIXES)]
    for number in range(len(PREFIXES) * len(SUFFIXES))
)
"""All 60 templates. 20 and 3 share no divisor, so counting both up at once meets every pair, and the first P templates
vary in both."""
