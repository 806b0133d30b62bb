"""Something that Ops must deal with."""
