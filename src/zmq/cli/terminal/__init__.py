"""The user's side of a command: options, output, errors and signals."""
