"""Protocols: how a model is measured, one class in one file each; see :mod:`benchmarks.protocols.base`."""
