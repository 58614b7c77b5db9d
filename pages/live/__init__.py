"""What many open pages show alike: kept once in the process, drawn once, and told to all of them by one message."""
