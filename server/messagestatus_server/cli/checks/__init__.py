"""The checks of `doctor`: each looks at one thing that the service stands on."""
