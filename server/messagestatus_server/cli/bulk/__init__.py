"""`import`: takes messages and receipts out of a file, in batches, from where the last run stopped."""
