"""What viewers will see and hear, measured: picture, faces, sound, this computer."""
