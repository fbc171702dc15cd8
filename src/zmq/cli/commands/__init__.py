"""The commands of ``ohmq``, one module each: its options, its help, and what it does."""
