"""The version of the package, where the core can read it."""

__version__ = "0.2.0"
