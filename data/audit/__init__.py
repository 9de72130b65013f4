"""What is wrong with a data set: broken files, copies, contradicting labels, and what to do."""
