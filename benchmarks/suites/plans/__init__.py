"""The suites, tables and studies themselves, one idea a file."""
