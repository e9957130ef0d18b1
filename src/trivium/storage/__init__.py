"""Models as data on disk: no pickle, no code."""
