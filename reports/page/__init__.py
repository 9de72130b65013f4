"""The page: sections, tables, verdict and caveats, put into one HTML template."""
