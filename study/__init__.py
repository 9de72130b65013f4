"""The study: plan, cells, predictions, report, and the command line."""
