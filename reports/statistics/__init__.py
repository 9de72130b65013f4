"""Metrics, their intervals, breakdowns and paired tests: arithmetic on arrays, no drawing."""
