"""The things Slipway keeps: one folder each, and none knows another."""
