"""How charts look: colours, axes, and SVG that is the same bytes twice."""
