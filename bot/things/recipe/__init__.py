"""A version of a team's own training code."""
