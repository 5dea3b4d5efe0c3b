"""Throughput, memory and kernels, always as a ratio against a stated baseline."""
