"""The control desk: the front door of the page, with a tour, an X-ray of every part, and trouble on purpose."""
