"""Clouds as a depth camera makes them of meshes: partial, noisy, with background, in badly placed boxes.

It knows meshes only, so any set of meshes can be scanned.
"""

from zoo.datasets.scans.make import VARIANTS, Scan, scan

__all__ = ['VARIANTS', 'Scan', 'scan']
