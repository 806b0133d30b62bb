"""One revision for each file. A revision that was released is never edited."""
