"""Timings as ratios against a peer in the same run: `python -m benchmarks [NAME …]`. No part of the product."""
