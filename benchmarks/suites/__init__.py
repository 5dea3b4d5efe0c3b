"""Suites, tables and studies: what is measured, made of jobs.

Importing the package registers nothing, so that running jobs needs no more than those jobs do;
:mod:`benchmarks.suites.everything` registers all kinds of jobs and all suites.
"""
