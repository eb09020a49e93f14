"""WHO ANSWERS: one file a way to reach a model; a model is a string."""
