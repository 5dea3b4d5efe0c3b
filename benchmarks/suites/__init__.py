"""Suites, tables and studies: what is measured, made of jobs; :mod:`benchmarks.suites.catalog` lists them all."""
