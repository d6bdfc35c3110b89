"""Measurements of rolecall beside the usual ways, for `make bench`. Nothing here asserts a time; bench/README.md."""
