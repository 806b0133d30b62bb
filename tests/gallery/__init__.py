"""Every card and reply of the bot from plain data: as text by `make docs`, in pictures by `make gallery`."""
