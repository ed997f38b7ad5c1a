"""The model: what it is shown, what it is believed, and the one gateway to it."""
