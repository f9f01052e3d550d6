"""Where words begin and end in speech: found without text, and compared with the truth."""
