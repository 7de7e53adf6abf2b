"""Methods that look at what one layer inside the model returns."""
