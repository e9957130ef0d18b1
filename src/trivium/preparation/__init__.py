"""From columns to numbers: learnt from training rows, kept as data."""
