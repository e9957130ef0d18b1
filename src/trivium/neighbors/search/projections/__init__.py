"""Lower bounds from a few principal coordinates, and the search that prunes by them."""
