"""Encoders of users, of released weights and of other packages: how they are named, made and checked."""

from __future__ import annotations

from benchmarks.encoders.check import check_encoder, tiny_clouds
from benchmarks.encoders.encoder import Encoder, ExternalEncoder, installed_version

__all__ = ['Encoder', 'ExternalEncoder', 'check_encoder', 'installed_version', 'tiny_clouds']
