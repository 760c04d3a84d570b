"""Measurements that people and the documentation quote: speed, memory and quality. Not part of the package.

``speed`` times our engine against the ``kokoro-onnx`` package, ``quality`` rates what comes out of it. Each prints a
table for people and, as its last line, one JSON object for machines.
"""
