"""Rows, their moments and exact sums, and the solution of the least-squares problem."""
