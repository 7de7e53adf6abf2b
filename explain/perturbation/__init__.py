"""Methods that leave segments out and see how the answer changes."""
