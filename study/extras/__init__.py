"""What a study adds to its cells: imported predictions, leak value, learning curve, pictures."""
