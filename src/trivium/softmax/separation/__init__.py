"""Whether linear functions separate the classes, so that no optimum exists."""
