"""How cost grows: curves over sizes and numbers, drawn into the documentation."""
