"""The contract, its client, and the documents that speak of them."""
