"""What the tests share, by subject. Importable as `helpers`: see `pythonpath` in pyproject.toml."""
