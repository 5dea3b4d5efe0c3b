"""What is known about datasets, and the checks that tell whether what lies on a disk is that."""

from __future__ import annotations

from zoo.datasets.catalogue.entries import entries, find
from zoo.datasets.catalogue.entry import Entry, Part
from zoo.datasets.catalogue.report import Finding, Report

__all__ = ['Entry', 'Finding', 'Part', 'Report', 'entries', 'find']
