"""How time, memory and traffic grow with the rows, in files and on a cluster."""
