"""The search for neighbours: exact float64 differences, ties by row number."""
