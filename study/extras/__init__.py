"""What a study adds to its cells: imported predictions, other data, changed pictures and more."""
