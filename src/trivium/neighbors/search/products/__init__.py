"""Certified products: rows in narrow precision, scores, candidates, and the proof."""
