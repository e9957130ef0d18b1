"""Measures the constants again that choices go by: ``python -m benchmarks costs``."""
