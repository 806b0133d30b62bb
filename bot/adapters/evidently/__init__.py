"""The meter, provided by Evidently."""
