"""Classical features and machines: HOG pairs, local binary patterns, kernel machines."""
