"""What the product is measured against: the floor of gRPC, and what a team would write in a day."""
