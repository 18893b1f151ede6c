"""Why something is wrong: codes, and the rules that find them."""
