"""Encoders: pictures and sound in, packets out."""
