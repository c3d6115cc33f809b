"""What is the express engine's alone; its promises are tested with the stock engine's, beside this folder."""
