"""argv to verb to exit code. Nothing here decides what an object means."""
