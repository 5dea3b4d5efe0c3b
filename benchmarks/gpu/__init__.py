"""Is a GPU set up, does it compute the same as the CPU, and how fast is it? Run ``python -m benchmarks.gpu``."""
