"""What happens between things: each flow is a function whose name is that sentence, in the file of what is moved."""
