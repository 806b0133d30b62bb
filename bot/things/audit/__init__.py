"""People's judgement of a model."""
