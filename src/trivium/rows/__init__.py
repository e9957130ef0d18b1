"""Rows, wherever they live: everything that is learnt is a statistic of their blocks."""
