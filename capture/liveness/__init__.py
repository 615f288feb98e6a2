"""The face check by camera, as the engine does it: frames of the camera itself, guidance, evidence, the seal."""
