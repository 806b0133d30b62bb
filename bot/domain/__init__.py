"""What the business is: pure values and tables, standard library only."""
