"""One step, one file. Steps do not know each other."""
