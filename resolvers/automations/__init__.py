"""Rules that act by themselves, once for each change that triggers them."""
