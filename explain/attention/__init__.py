"""Methods that read what a model's attention looks at."""
