"""Helpers of the tests, by subject. Importable as `helpers`: see `pythonpath` in pyproject.toml."""
