"""The version of the package; a test holds it equal to that of the build."""

__all__ = ["__version__"]

__version__ = "0.1.0"
