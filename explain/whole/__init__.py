"""What explanations say of a whole dataset and of its training rows."""
