"""WHAT IT LOOKS LIKE: one self-contained page; the only place where rates become percent."""
