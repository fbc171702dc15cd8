"""The stand-in for the distribution ``pyzmq``, and how an installer puts it in place."""
