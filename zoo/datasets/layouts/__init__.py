"""Readers of the layouts in which datasets are published."""
