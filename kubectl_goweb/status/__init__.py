"""What the objects mean: verdicts, phases, findings. Pure: values in, values out, `now` passed in."""
