"""The suite of linear least squares."""
