"""The words of the house as types: pure, without I/O, clock or environment."""
