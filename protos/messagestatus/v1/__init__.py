"""Version 1 of the contract; `protos/README.md` shows how to call it."""
