"""Methods that follow the gradient of the answer with respect to what the model reads or sees."""
