"""The suite of nearest neighbours."""
