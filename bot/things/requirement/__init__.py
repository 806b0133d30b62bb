"""What a business analyst wants a model for."""
