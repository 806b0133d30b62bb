"""What is watched about a live model."""
