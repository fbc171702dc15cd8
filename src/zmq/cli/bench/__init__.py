"""The measurements of ``ohmq bench``: the two sides, and the report."""
