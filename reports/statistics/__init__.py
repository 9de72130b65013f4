"""Numbers of a report: metrics, intervals, paired tests, breakdowns. Nothing here draws."""
