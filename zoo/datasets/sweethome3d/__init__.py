"""Sweet Home 3D: real furniture that is free, from Debian packages, with the licence of every piece."""

from __future__ import annotations

from zoo.datasets.sweethome3d.dataset import SweetHome3D
from zoo.datasets.sweethome3d.licences import attribution, licence_summary, write_attribution

__all__ = ['SweetHome3D', 'attribution', 'licence_summary', 'write_attribution']
