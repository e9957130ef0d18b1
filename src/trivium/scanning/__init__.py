"""Tables in files, of which rows are read whenever they are wanted: Parquet, Arrow, CSV, NumPy."""
