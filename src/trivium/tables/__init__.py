"""What people have: files and data frames, read as text once, and the kinds of their columns."""
