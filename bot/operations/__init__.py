"""Slow things outside, watched until they have ended: one engine, and a row for each kind of them."""
