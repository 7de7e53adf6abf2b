"""Models with an encoder for pictures and one for texts, whose vectors are compared."""
