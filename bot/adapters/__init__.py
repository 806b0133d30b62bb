"""Who provides a port: `<port>_<vendor>`, the only importer of that vendor."""
