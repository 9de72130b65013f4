"""The machine at hand: settings it hands down, what it has, its cache, how long a plan takes."""
