"""Sound: sources, rings, mixing, limiting, metering. All sound is float32, 2 × n, at 48 kHz, ±1.0 full scale."""
