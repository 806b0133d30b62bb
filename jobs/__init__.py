"""One file is one schedule: ask a port, tell a service. Found by folder."""
