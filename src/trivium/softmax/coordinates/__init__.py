"""Coordinates in which columns are alike: units, origins, dependent columns, the rows' space."""
