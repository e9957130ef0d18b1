"""Linear least squares on indicator targets."""
