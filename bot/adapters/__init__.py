"""Who provides a port: a package for each vendor, the only importer of that vendor."""
