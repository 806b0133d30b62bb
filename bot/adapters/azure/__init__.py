"""The endpoints, provided by Azure ML."""
