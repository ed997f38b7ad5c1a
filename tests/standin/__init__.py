"""The world the reviewer works in, as real HTTP on loopback: a strict GitHub and a model that obeys whoever asks."""
