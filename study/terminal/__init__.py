"""What the command line shows: progress bars, tables, results."""
